import type { Ring } from './rings.ts';
import { type Box, EARTH_RADIUS_M, RADIANS } from './sphere.ts';

/** A point on the unit sphere. */
export type Vector = readonly [x: number, y: number, z: number];

/** The great circle's shorter way from one point to another, and the box of degrees that it came from; both ends may be one point. */
export type Arc = Box & { a: Vector; b: Vector };

/** Some consecutive edges, as arcs when they are first asked for: most of a catalogue's never are. */
export type Run = Box & { arcs: () => readonly Arc[] };

/** An edge of a polygon is straight in degrees: the great circles that stand for it keep this close to it. */
const TOLERANCE_M = 0.02;
/** However it bends: a crossing is told from its antipode by it. */
const MAX_ARC_DEGREES = 5;
/** No real outline comes near it; one drawn to be slow is followed less closely instead. */
const MAX_ARCS = 400_000;

export function vectorOf(lng: number, lat: number): Vector {
  const cosLat = Math.cos(lat * RADIANS);
  return [cosLat * Math.cos(lng * RADIANS), cosLat * Math.sin(lng * RADIANS), Math.sin(lat * RADIANS)];
}

export function runOfPoint(lng: number, lat: number): Run {
  const a = vectorOf(lng, lat);
  const box = { west: lng, south: lat, east: lng, north: lat };
  return { ...box, arcs: () => [{ ...box, a, b: a }] };
}

/** The edges of closed rings, so many to a run; long ones are cut so that each piece is a great circle's for all that matters. */
export function runsOfRings(rings: readonly Ring[], edgesToARun: number): Run[] {
  const edges = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  const mostPieces = Math.max(1, Math.floor(MAX_ARCS / edges));
  return rings.flatMap((ring) => {
    const runs: Run[] = [];
    const last = ring.length / 2 - 1;
    for (let from = 0; from < last; from += edgesToARun) {
      const edgesOfRun = ring.subarray(2 * from, 2 * (Math.min(last, from + edgesToARun) + 1));
      let arcs: Arc[] | undefined;
      const run = () => {
        arcs ??= arcsOfEdges(edgesOfRun, mostPieces);
        return arcs;
      };
      runs.push({ ...boxOf(edgesOfRun), arcs: run });
    }
    return runs;
  });
}

function boxOf(line: Ring): Box {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (let i = 0; i < line.length; i += 2) {
    const [x, y] = [line[i] as number, line[i + 1] as number]; // in bounds: lines hold pairs
    box.west = Math.min(box.west, x);
    box.south = Math.min(box.south, y);
    box.east = Math.max(box.east, x);
    box.north = Math.max(box.north, y);
  }
  return box;
}

function arcsOfEdges(line: Ring, mostPieces: number): Arc[] {
  const arcs: Arc[] = [];
  for (let i = 0; i + 3 < line.length; i += 2) {
    const [x0, y0, x1, y1] = line.subarray(i, i + 4) as unknown as [number, number, number, number];
    const pieces = Math.min(mostPieces, piecesOf(x1 - x0, y0, y1));
    for (let piece = 0; piece < pieces; piece += 1) {
      const at = (share: number): [number, number] => [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
      arcs.push(arcOf(at(piece / pieces), at((piece + 1) / pieces)));
    }
  }
  return arcs;
}

function arcOf([x0, y0]: [number, number], [x1, y1]: [number, number]): Arc {
  return {
    a: vectorOf(x0, y0),
    b: vectorOf(x1, y1),
    west: Math.min(x0, x1),
    east: Math.max(x0, x1),
    south: Math.min(y0, y1),
    north: Math.max(y0, y1),
  };
}

/**
 * The deviation of a line that is straight in degrees from the great circle is an eighth of its acceleration on the
 * sphere (the geodesic equation: east 2 sin(lat) dLng dLat, north sin(lat) cos(lat) dLng²), and falls with the square
 * of the number of pieces.
 */
function piecesOf(lngDegrees: number, latA: number, latB: number): number {
  const dLng = lngDegrees * RADIANS;
  const dLat = (latB - latA) * RADIANS;
  const highest = Math.max(Math.abs(latA), Math.abs(latB)) * RADIANS;
  // sin(lat) cos(lat) has its greatest value, a half, at 45 degrees.
  const reaches45 = Math.min(Math.abs(latA), Math.abs(latB)) <= 45 && highest >= Math.PI / 4;
  const lowest = latA * latB <= 0 ? 0 : Math.min(Math.abs(latA), Math.abs(latB)) * RADIANS;
  const sinCos = reaches45 ? 0.5 : Math.max(Math.sin(2 * highest), Math.sin(2 * lowest)) / 2;
  const sagittaM = (EARTH_RADIUS_M / 8) * Math.hypot(2 * Math.sin(highest) * dLng * dLat, sinCos * dLng * dLng);
  const longest = Math.max(Math.abs(lngDegrees), Math.abs(latB - latA));
  return Math.max(1, Math.ceil(Math.sqrt(sagittaM / TOLERANCE_M)), Math.ceil(longest / MAX_ARC_DEGREES));
}

/** Great-circle metres from a point to the nearest of an arc. */
export function pointToArcM(p: Vector, { a, b }: Arc): number {
  const fromA = minus(p, a);
  const n = normalOf(a, b);
  const length = Math.sqrt(dot(n, n));
  // Beside the arc, and not beyond one of its ends: differences from an end, so that short arcs lose no digits.
  if (length > 0 && dot(cross(n, a), fromA) > 0 && dot(cross(b, n), minus(p, b)) > 0) {
    return EARTH_RADIUS_M * Math.asin(Math.min(1, Math.abs(dot(n, fromA)) / length));
  }
  return Math.min(metres(fromA), metres(minus(p, b)));
}

/** Great-circle metres between the nearest points of two arcs; 0 where they cross. */
export function arcToArcM(one: Arc, other: Arc): number {
  if (crosses(one, other)) return 0;
  return Math.min(
    pointToArcM(one.a, other),
    pointToArcM(one.b, other),
    pointToArcM(other.a, one),
    pointToArcM(other.b, one),
  );
}

/** Each arc has its ends on both sides of the other's great circle, and they are not on opposite faces of the Earth. */
function crosses(one: Arc, other: Arc): boolean {
  return separates(one, other) && separates(other, one) && dot(plus(one.a, one.b), plus(other.a, other.b)) > 0;
}

function separates({ a, b }: Arc, { a: p, b: q }: Arc): boolean {
  const n = normalOf(a, b);
  return dot(n, minus(p, a)) * dot(n, minus(q, a)) < 0;
}

/** Twice a × b: the product of difference and sum keeps the digits of nearby points. */
const normalOf = (a: Vector, b: Vector): Vector => cross(minus(a, b), plus(a, b));
/** Of a chord of the unit sphere. */
const metres = (chord: Vector): number => 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(dot(chord, chord)) / 2));
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const plus = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
