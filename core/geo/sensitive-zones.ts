import Flatbush from 'flatbush';
import { arcToArcM, pointToArcM, type Run, runOfPoint, runsOfRings, type Vector, vectorOf } from './arcs.ts';
import { type Shape, shapeBoxes, shapeContains } from './geometry.ts';
import { type Box, circleBoxes, EARTH_RADIUS_M, foldLng, RADIANS, splitBox } from './sphere.ts';

/** A footprint, and how many metres beyond its edge are kept free; what is exactly so far away is within. */
export type Zone = { shape: Shape; bufferM: number };

/** A zone that something touches, by its place in the list, and how far its footprint is: 0 inside. */
export type Touch = { zone: number; distanceM: number };

/** Which zones a position or a geofence touches: exact, from a tree of boxes. */
export type ZoneIndex = {
  /** Whether any point within `accuracyM` of the position is within a zone. */
  covers(lng: number, lat: number, accuracyM: number): boolean;
  /** The nearest of the zones that a geofence touches. */
  touchedBy(geofence: Shape): Touch | undefined;
};

/** A run of a footprint's edges with one box, or a part's whole area. `reachM` is from the edges; a circle's has its radius. */
type Edges = { zone: number; reachM: number; run: Run; radiusM: number };
type Item = Edges | { zone: number; area: Shape };

/** Edges under one box: fewer boxes than edges, and each still small. */
const RUN = 16;

/** Beyond rounding and the edges' tolerance: a candidate must not be lost. */
const BOX_SLACK_M = 0.1;

export function createZoneIndex(zones: readonly Zone[]): ZoneIndex {
  const items: Item[] = [];
  const boxes: Box[] = [];
  const owners: number[] = [];
  const add = (item: Item, itemBoxes: Box[]): void => {
    items.push(item);
    for (const box of itemBoxes) {
      boxes.push(box);
      owners.push(items.length - 1);
    }
  };
  zones.forEach(({ shape, bufferM }, zone) => {
    const radiusM = shape.kind === 'circle' ? shape.radiusM : 0;
    const reachM = bufferM + radiusM;
    for (const run of runsOf(shape, RUN)) add({ zone, run, radiusM, reachM }, boxesAround(run, reachM));
    if (shape.kind === 'circle') return;
    for (const part of shape.parts) {
      const area: Shape = { kind: 'polygons', parts: [part] };
      add({ zone, area }, shapeBoxes(area));
    }
  });
  if (items.length === 0) return { covers: () => false, touchedBy: () => undefined };
  const tree = new Flatbush(boxes.length);
  for (const { west, south, east, north } of boxes) tree.add(west, south, east, north);
  tree.finish();
  const find = ({ west, south, east, north }: Box): Item[] =>
    tree.search(west, south, east, north).map((hit) => items[owners[hit] ?? 0] as Item);

  return {
    covers(lng, lat, accuracyM) {
      const x = foldLng(lng);
      const p = vectorOf(x, lat);
      for (const box of circleBoxes(x, lat, accuracyM)) {
        for (const item of find(box)) {
          if ('area' in item ? shapeContains(item.area, x, lat) : isNear(item, p, accuracyM)) return true;
        }
      }
      return false;
    },
    touchedBy(geofence) {
      const touch = nearestEdge(geofence, find);
      const held = touch?.distanceM === 0 ? undefined : (holderOf(geofence, find) ?? heldBy(geofence, zones, find));
      return held === undefined ? touch : { zone: held, distanceM: 0 };
    },
  };
}

function isNear({ run, reachM }: Edges, p: Vector, withinM: number): boolean {
  for (const arc of run.arcs()) if (pointToArcM(p, arc) <= reachM + withinM) return true;
  return false;
}

/** The zone whose edge is nearest to the geofence's own. */
function nearestEdge(geofence: Shape, find: (box: Box) => Item[]): Touch | undefined {
  const grownM = geofence.kind === 'circle' ? geofence.radiusM : 0;
  let nearest: Touch | undefined;
  for (const arc of runsOf(geofence, 1).flatMap((run) => run.arcs())) {
    for (const item of boxesAround(arc, grownM).flatMap(find)) {
      if ('area' in item) continue;
      const apartM = Math.min(...item.run.arcs().map((other) => arcToArcM(arc, other)));
      if (apartM > item.reachM + grownM) continue;
      const distanceM = Math.max(0, apartM - grownM - item.radiusM);
      if (distanceM === 0) return { zone: item.zone, distanceM };
      if (!nearest || distanceM < nearest.distanceM) nearest = { zone: item.zone, distanceM };
    }
  }
  return nearest;
}

/** A zone that a part of the geofence is wholly inside of. */
function holderOf(geofence: Shape, find: (box: Box) => Item[]): number | undefined {
  for (const [lng, lat] of pointsOf(geofence)) {
    const x = foldLng(lng);
    for (const item of find({ west: x, south: lat, east: x, north: lat })) {
      if ('area' in item && shapeContains(item.area, x, lat)) return item.zone;
    }
  }
  return undefined;
}

/** A zone of which a part is wholly inside the geofence: no edge of either need be near one of the other's. */
function heldBy(geofence: Shape, zones: readonly Zone[], find: (box: Box) => Item[]): number | undefined {
  if (geofence.kind === 'circle') return undefined;
  for (const zone of new Set(shapeBoxes(geofence).flatMap((box) => find(box).map((item) => item.zone)))) {
    const { shape } = zones[zone] as Zone;
    if (pointsOf(shape).some(([lng, lat]) => shapeContains(geofence, foldLng(lng), lat))) return zone;
  }
  return undefined;
}

/** One point of each part. */
function pointsOf(shape: Shape): [number, number][] {
  if (shape.kind === 'circle') return [[shape.lng, shape.lat]];
  return shape.parts.map(({ rings }) => [rings[0]?.[0] ?? 0, rings[0]?.[1] ?? 0]);
}

function runsOf(shape: Shape, edgesToARun: number): Run[] {
  if (shape.kind === 'circle') return [runOfPoint(shape.lng, shape.lat)];
  return runsOfRings(
    shape.parts.flatMap(({ rings }) => rings),
    edgesToARun,
  );
}

/** Boxes within [-180, 180] that hold every point within `reachM` of a box (see `circleBoxes`). */
function boxesAround(box: Box, reachM: number): Box[] {
  const radius = (reachM + BOX_SLACK_M) / EARTH_RADIUS_M;
  const south = Math.max(-90, box.south - radius / RADIANS);
  const north = Math.min(90, box.north + radius / RADIANS);
  if (south <= -90 || north >= 90) return [{ west: -180, south, east: 180, north }];
  const highest = Math.max(Math.abs(south), Math.abs(north)) * RADIANS;
  const lngReach = Math.asin(Math.min(1, Math.sin(radius) / Math.cos(highest))) / RADIANS;
  const turn = foldLng(box.west) - box.west;
  return splitBox({ west: box.west + turn - lngReach, south, east: box.east + turn + lngReach, north });
}
