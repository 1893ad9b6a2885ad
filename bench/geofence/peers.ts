import Database from 'better-sqlite3';
import Flatbush from 'flatbush';
import initGeos from 'geos-wasm';
import { latLngToCell, polygonToCells } from 'h3-js';
import pointInPolygon from 'point-in-polygon-hao';
import RBush from 'rbush';
import whichPolygon from 'which-polygon';
import { buildCellIndex } from '#core/geo/cells/build.ts';
import { openCellIndex } from '#core/geo/cells/index.ts';
import { circleBoxes, haversineM } from '#core/geo/sphere.ts';
import type { Fence } from './data.ts';

/** Numbers of the fences that hold a point, in any order. */
export type Lookup = (lng: number, lat: number) => Iterable<number>;
/** What is timed, in whatever form the contender answers; and the same as numbers of the given fences, to be compared. */
export type Asked = { ask: (lng: number, lat: number) => unknown; numbers: Lookup };
export type Contender = {
  name: string;
  make: (fences: readonly Fence[]) => Lookup | Asked | Promise<Lookup | Asked>;
  /** Of how many fences it is asked: building some of them for more takes minutes and gigabytes. */
  most: number;
  /** Points in each turn, where asking all of them would take long. */
  points?: number;
  /** Whether its own error explains that it is of another opinion about a fence; by its own documentation or nature. */
  errs?: (fence: Fence, lng: number, lat: number) => boolean;
};

type Box = { minX: number; minY: number; maxX: number; maxY: number };

const ringOf = ({ geometry }: Fence): number[][] => (geometry as { coordinates: number[][][] }).coordinates[0] ?? [];
const isCircle = ({ geometry }: Fence): boolean => geometry.type === 'Point';
const centreOf = ({ geometry }: Fence): [number, number] => geometry.coordinates as [number, number];

function boxOf(fence: Fence): Box {
  if (isCircle(fence)) {
    const [box] = circleBoxes(...centreOf(fence), fence.radiusM ?? 0);
    return { minX: box?.west ?? 0, minY: box?.south ?? 0, maxX: box?.east ?? 0, maxY: box?.north ?? 0 };
  }
  const ring = ringOf(fence);
  const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const [x = 0, y = 0] of ring) {
    box.minX = Math.min(box.minX, x);
    box.minY = Math.min(box.minY, y);
    box.maxX = Math.max(box.maxX, x);
    box.maxY = Math.max(box.maxY, y);
  }
  return box;
}

/** The exact test that most of npm would use: haversine, and point-in-polygon-hao. */
function exactly(fence: Fence): (lng: number, lat: number) => boolean {
  if (isCircle(fence)) {
    const [x, y] = centreOf(fence);
    const radiusM = fence.radiusM ?? 0;
    return (lng, lat) => haversineM(lng, lat, x, y) <= radiusM;
  }
  const coordinates = [ringOf(fence)] as [number, number][][];
  return (lng, lat) => pointInPolygon([lng, lat], coordinates) !== false;
}

function ours(fences: readonly Fence[]): Asked {
  const index = openCellIndex(buildCellIndex(fences));
  // Its own numbers run along a curve; the bench compares by the order in which fences were given.
  const given = Uint32Array.from({ length: index.size }, (_, number) => Number(index.idOf(number).slice(1)));
  return {
    ask: index.containing,
    numbers: (lng, lat) => Array.from(index.found.subarray(0, index.containing(lng, lat)), (n) => given[n] as number),
  };
}

/** By hand: flatbush over boxes, and flat whole-number geometry for the exact tests. The strongest peer. */
function flatbushFlat(fences: readonly Fence[]): Lookup {
  const tree = new Flatbush(fences.length, 16, Float64Array);
  const starts = new Uint32Array(fences.length + 1);
  const circles = new Float64Array(fences.length * 4);
  const corners: number[] = [];
  fences.forEach((fence, number) => {
    const { minX, minY, maxX, maxY } = boxOf(fence);
    tree.add(minX, minY, maxX, maxY);
    if (isCircle(fence)) {
      const [lng, lat] = centreOf(fence);
      const half = Math.sin((fence.radiusM ?? 0) / 6_371_008.8 / 2);
      circles.set([lng, lat, Math.cos((lat * Math.PI) / 180), half * half], number * 4);
    } else for (const [x = 0, y = 0] of ringOf(fence)) corners.push(Math.round(x * 1e7), Math.round(y * 1e7));
    starts[number + 1] = corners.length;
  });
  tree.finish();
  const flat = Int32Array.from(corners);
  const holds = (number: number, lng: number, lat: number): boolean => {
    const [start, end] = [starts[number] as number, starts[number + 1] as number];
    if (start === end) {
      const at = number * 4;
      const dy = Math.sin(((lat - (circles[at + 1] as number)) * Math.PI) / 360);
      const dx = Math.sin(((lng - (circles[at] as number)) * Math.PI) / 360);
      const cos = Math.cos((lat * Math.PI) / 180) * (circles[at + 2] as number);
      return dy * dy + cos * dx * dx <= (circles[at + 3] as number);
    }
    const [x, y] = [lng * 1e7, lat * 1e7];
    let inside = false;
    let [ax, ay] = [flat[start] as number, flat[start + 1] as number];
    for (let i = start + 2; i < end; i += 2) {
      const [bx, by] = [flat[i] as number, flat[i + 1] as number];
      if (ay > y !== by > y && (x - ax) * (by - ay) < (y - ay) * (bx - ax) === by > ay) inside = !inside;
      [ax, ay] = [bx, by];
    }
    return inside;
  };
  return (lng, lat) => tree.search(lng, lat, lng, lat, (number) => holds(number, lng, lat));
}

function flatbushHao(fences: readonly Fence[]): Lookup {
  const tree = new Flatbush(fences.length);
  for (const { minX, minY, maxX, maxY } of fences.map(boxOf)) tree.add(minX, minY, maxX, maxY);
  tree.finish();
  const tests = fences.map(exactly);
  return (lng, lat) => tree.search(lng, lat, lng, lat).filter((number) => tests[number]?.(lng, lat));
}

function rbush(fences: readonly Fence[]): Lookup {
  const tree = new RBush<Box & { number: number }>();
  tree.load(fences.map((fence, number) => ({ ...boxOf(fence), number })));
  const tests = fences.map(exactly);
  return (lng, lat) =>
    tree
      .search({ minX: lng, minY: lat, maxX: lng, maxY: lat })
      .filter(({ number }) => tests[number]?.(lng, lat))
      .map(({ number }) => number);
}

/** Knows no circles: they go in as polygons of 64 corners, which cut the edge; that is its own error, and it is counted. */
function whichPolygons(fences: readonly Fence[]): Lookup {
  const features = fences.map((fence, number) => ({
    type: 'Feature' as const,
    properties: { number },
    geometry: { type: 'Polygon' as const, coordinates: [isCircle(fence) ? roundRing(fence) : ringOf(fence)] },
  }));
  const query = whichPolygon({ type: 'FeatureCollection', features });
  return (lng, lat) => (query([lng, lat], true) ?? []).map(({ number }: { number: number }) => number);
}

function roundRing(fence: Fence, corners = 64, reach = 1): number[][] {
  const [lng, lat] = centreOf(fence);
  const degrees = ((fence.radiusM ?? 0) * reach) / 111_195.08;
  const narrow = Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    return [lng + (degrees * Math.cos(angle)) / narrow, lat + degrees * Math.sin(angle)];
  });
  return [...ring, ring[0] as number[]];
}

/** Hexagons of 0.1 km² (resolution 9) that a fence reaches, then the exact test. */
function h3(fences: readonly Fence[]): Lookup {
  const cells = new Map<string, number[]>();
  fences.forEach((fence, number) => {
    const reached = new Set<string>();
    // A cell belongs to a polygon by its centre: a wider ring, and every corner's own cell, miss none.
    const ring = isCircle(fence) ? roundRing(fence, 24, 1.1) : ringOf(fence);
    const { minX, minY, maxX, maxY } = boxOf(fence);
    const wide = 0.004 / Math.cos((minY * Math.PI) / 180);
    const around = [
      [minX - wide, minY - 0.004],
      [maxX + wide, minY - 0.004],
      [maxX + wide, maxY + 0.004],
      [minX - wide, maxY + 0.004],
      [minX - wide, minY - 0.004],
    ];
    for (const cell of polygonToCells([around], 9, true)) reached.add(cell);
    for (const [x = 0, y = 0] of ring) reached.add(latLngToCell(y, x, 9));
    for (const cell of reached) cells.set(cell, [...(cells.get(cell) ?? []), number]);
  });
  const tests = fences.map(exactly);
  return (lng, lat) => (cells.get(latLngToCell(lat, lng, 9)) ?? []).filter((number) => tests[number]?.(lng, lat));
}

function sqlite(fences: readonly Fence[]): Lookup {
  const database = new Database(':memory:');
  database.exec('CREATE VIRTUAL TABLE boxes USING rtree(number, minX, maxX, minY, maxY)');
  const insert = database.prepare('INSERT INTO boxes VALUES (?, ?, ?, ?, ?)');
  database.transaction(() => {
    fences.forEach((fence, number) => {
      const { minX, minY, maxX, maxY } = boxOf(fence);
      insert.run(number, minX, maxX, minY, maxY);
    });
  })();
  const find = database
    .prepare<[number, number, number, number], number>(
      'SELECT number FROM boxes WHERE minX <= ? AND maxX >= ? AND minY <= ? AND maxY >= ?',
    )
    .pluck();
  const tests = fences.map(exactly);
  return (lng, lat) => find.all(lng, lng, lat, lat).filter((number) => tests[number]?.(lng, lat));
}

/**
 * GEOS in WebAssembly: its STR-tree, and prepared geometries for the exact tests; it knows no circles on a sphere, so
 * those are tested by haversine.
 */
async function geosWasm(fences: readonly Fence[]): Promise<Lookup> {
  const geos = await initGeos();
  const tree = geos.GEOSSTRtree_create(10);
  const tests: ((lng: number, lat: number) => boolean)[] = [];
  for (const [number, fence] of fences.entries()) {
    const { minX, minY, maxX, maxY } = boxOf(fence);
    const envelope = geos.GEOSGeom_createRectangle(minX, minY, maxX, maxY);
    // An item of 0 is taken for none.
    geos.GEOSSTRtree_insert(tree, envelope, number + 1);
    if (isCircle(fence)) tests.push(exactly(fence));
    else {
      const ring = ringOf(fence);
      const sequence = geos.GEOSCoordSeq_create(ring.length, 2);
      for (const [index, [x = 0, y = 0]] of ring.entries()) geos.GEOSCoordSeq_setXY(sequence, index, x, y);
      const polygon = geos.GEOSGeom_createPolygon(geos.GEOSGeom_createLinearRing(sequence), 0 as never, 0);
      const prepared = geos.GEOSPrepare(polygon);
      tests.push((lng, lat) => geos.GEOSPreparedIntersectsXY(prepared, lng, lat) === 1);
    }
  }
  geos.GEOSSTRtree_build(tree);
  let found: number[] = [];
  // Emscripten's, which geos-wasm exports and does not declare.
  const module = geos.Module as unknown as { addFunction(call: (item: number) => void, signature: string): number };
  const note = module.addFunction((item: number) => void found.push(item - 1), 'vii');
  return (lng, lat) => {
    found = [];
    const point = geos.GEOSGeom_createPointFromXY(lng, lat);
    geos.GEOSSTRtree_query(tree, point, note as never, 0 as never);
    geos.GEOSGeom_destroy(point);
    return found.filter((number) => tests[number]?.(lng, lat));
  };
}

/** What cutting the edge of a circle into 64 chords may cost: a point within 0.13 % of the radius of its edge. */
function isNearEdge(fence: Fence, lng: number, lat: number): boolean {
  const { radiusM = 0 } = fence;
  return isCircle(fence) && Math.abs(haversineM(lng, lat, ...centreOf(fence)) / radiusM - 1) < 0.0013;
}

export const CONTENDERS: readonly Contender[] = [
  { name: 'cell index', make: ours, most: Infinity },
  { name: 'flatbush + flat geometry', make: flatbushFlat, most: Infinity },
  { name: 'flatbush + point-in-polygon-hao', make: flatbushHao, most: Infinity },
  { name: 'rbush + point-in-polygon-hao', make: rbush, most: Infinity },
  { name: 'which-polygon', make: whichPolygons, most: 100_000, errs: isNearEdge },
  { name: 'geos-wasm', make: geosWasm, most: 100_000, points: 10_000 },
  { name: 'h3-js', make: h3, most: 10_000, points: 10_000 },
  { name: 'SQLite R*Tree', make: sqlite, most: Infinity, points: 10_000 },
];
