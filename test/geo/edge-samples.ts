import type { Geometry } from '#core/model/place.ts';

/** The brute force that zones are held against: every edge as dense points, and none of the engine's own formulas. */

type Raw = { geometry: Geometry; radiusM?: number };
type Point = readonly [lng: number, lat: number];

const R = 6_371_008.8;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle metres by Vincenty's formula for a sphere. */
export function angularM([lngA, latA]: Point, [lngB, latB]: Point): number {
  const [a, b, d] = [rad(latA), rad(latB), rad(lngB - lngA)];
  const y = Math.hypot(Math.cos(b) * Math.sin(d), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(d));
  return R * Math.atan2(y, Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(d));
}

const STEP_M = 1;

const sampled = new WeakMap<Geometry, Point[]>();

/** Points along every ring, straight in degrees and never more than a metre apart. */
function edgePoints({ geometry }: Raw): Point[] {
  if (geometry.type === 'Point') return [geometry.coordinates as unknown as Point];
  const points = sampled.get(geometry) ?? sample(geometry);
  sampled.set(geometry, points);
  return points;
}

function sample(geometry: Geometry): Point[] {
  return ringsOf(geometry).flatMap((ring) =>
    ring.slice(1).flatMap((end, i) => {
      const [x0 = 0, y0 = 0] = ring[i] ?? [];
      const [x1 = 0, y1 = 0] = end;
      const dx = ((x1 - x0 + 540) % 360) - 180;
      const steps = Math.ceil(angularM([x0, y0], [x1, y1]) / STEP_M) + 1;
      return Array.from({ length: steps + 1 }, (_, k): Point => [x0 + (dx * k) / steps, y0 + ((y1 - y0) * k) / steps]);
    }),
  );
}

function ringsOf(geometry: Geometry): number[][][] {
  if (geometry.type === 'Point') return [];
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
}

/** Whether a polygon holds a point: by the angles that its rings turn through about it, in degrees squeezed to the latitude. */
function inside({ geometry }: Raw, [lng, lat]: Point): boolean {
  const squeeze = Math.cos(rad(lat));
  let turns = 0;
  for (const ring of ringsOf(geometry)) {
    let angle = 0;
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [ax, ay] = seen(ring[i] as number[]);
      const [bx, by] = seen(ring[i + 1] as number[]);
      angle += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    }
    turns += Math.abs(Math.round(angle / (2 * Math.PI)));
  }
  return turns % 2 === 1;

  function seen([x = 0, y = 0]: readonly number[]): [number, number] {
    return [(((x - lng + 540) % 360) - 180) * squeeze, y - lat];
  }
}

/** Metres from a point to a footprint; 0 inside. */
export function distanceToM(raw: Raw, point: Point): number {
  if (inside(raw, point)) return 0;
  const edge = Math.min(...edgePoints(raw).map((sample) => angularM(sample, point)));
  return Math.max(0, edge - (raw.radiusM ?? 0));
}

/** Metres between two shapes; 0 where they overlap. */
export function gapM(one: Raw, other: Raw): number {
  const [ours, theirs] = [edgePoints(one), edgePoints(other)];
  if (ours.some((point) => inside(other, point)) || theirs.some((point) => inside(one, point))) return 0;
  let nearest = Infinity;
  // Coarse first: most of a shape is far from the other.
  for (const a of ours.filter((_, i) => i % COARSE === 0)) {
    for (const b of theirs.filter((_, i) => i % COARSE === 0)) nearest = Math.min(nearest, angularM(a, b));
  }
  const near = nearest + 2 * COARSE * STEP_M;
  const anchor = (points: Point[]) => points.filter((_, i) => i % COARSE === 0);
  const close = (points: Point[], to: Point[]) =>
    points.filter((point) => to.some((other) => angularM(point, other) <= near));
  for (const a of close(ours, anchor(theirs))) {
    for (const b of close(theirs, [a])) nearest = Math.min(nearest, angularM(a, b));
  }
  return Math.max(0, nearest - (one.radiusM ?? 0) - (other.radiusM ?? 0));
}
const COARSE = 16;
