import initGeos from 'geos-wasm';
import { expect, test, vi } from 'vitest';
import { buildCellIndex } from '#core/geo/cells/build.ts';
import { openCellIndex } from '#core/geo/cells/index.ts';
import { EdgeOrder } from '#core/geo/edge-order.ts';
import type { Place } from '#core/model/place.ts';
import { importPlaces, putPlace } from '#functions/catalogue/places.ts';
import { importSensitivePlaces } from '#functions/catalogue/sensitive-places.ts';
import { createRandom, type Random } from '#local/random.ts';
import { BRAND, openShop } from '#test/store/shop.ts';
import { openDoor } from '../support/door.ts';
import { type Case, malformedCases } from './fuzz/malformed.ts';
import { holds } from './fuzz/reference.ts';
import { star } from './fuzz/shapes.ts';
import { createTreeIndex } from './tree-index.ts';

const COUNT = 1_000;
const SEED = Number(process.env.BECKON_FUZZ_SEED ?? 20_261_123);
/** Around each geometry that was taken. */
const PROBES = 25;

const shop = await openShop();
const door = await openDoor('catalogue', { putPlace, importPlaces, importSensitivePlaces }, shop.process(), BRAND);
const geos = await initGeos();

type Answer = Case & {
  index: number;
  status: number;
  type: string;
  text: string;
  answer: string;
  ms: number;
  steps: number;
};

/** Comparisons of the sweep that looks for crossings: the work that could be more than linear. */
function countSteps(): () => number {
  let steps = 0;
  const { findBelow } = EdgeOrder.prototype;
  vi.spyOn(EdgeOrder.prototype, 'findBelow').mockImplementation(function (this: EdgeOrder, isAbove) {
    return findBelow.call(this, (edge) => {
      steps += 1;
      return isAbove(edge);
    });
  });
  return () => steps;
}

test(`${COUNT} malformed geometries are each refused in words, or taken for what they are (seed ${SEED})`, async () => {
  const random = createRandom(SEED);
  const steps = countSteps();
  const answers: Answer[] = [];
  for (const [index, one] of malformedCases(random, COUNT).entries()) {
    const before = { ms: performance.now(), steps: steps() };
    const path = { placeId: 'fuzz' };
    const { status, type, text: answer } = await door.knock({ operation: 'putPlace', path, text: one.text });
    answers.push({
      ...one,
      index,
      status,
      type,
      answer,
      ms: performance.now() - before.ms,
      steps: steps() - before.steps,
    });
  }
  vi.restoreAllMocks();

  for (const one of answers) {
    const what = `#${one.index} ${one.kind}: ${one.text.slice(0, 300)} -> ${one.status} ${one.answer.slice(0, 300)}`;
    const isTaken = one.status === 200;
    if (one.must !== 'either') expect(isTaken, what).toBe(one.must === 'accepted');
    if (isTaken) checkTaken(one, what, random);
    else checkRefused(one, what);
    // A sweep over n corners takes about n log2 n comparisons; a pair of loops would take n².
    const corners = (one.text.match(/\[/g)?.length ?? 0) + 16;
    expect(one.steps, what).toBeLessThan(6 * corners * Math.log2(corners));
  }
  report(answers);
});

test('in an import each costs only itself', async () => {
  const random = createRandom(SEED, 'import');
  const middle = { lng: 10, lat: 20 };
  const feature = (id: string, coordinates: unknown) =>
    `{"type":"Feature","id":"${id}","properties":{},"geometry":{"type":"Polygon","coordinates":${JSON.stringify(coordinates)}}}`;
  const features = [
    feature('good', [star(random, middle, { sizeM: 500, corners: 9 })]),
    feature('lists', ['@']).replace('"@"', `[${'[],'.repeat(300_000)}[]]`),
    feature('texts', ['@']).replace('"@"', `[${'["",""],'.repeat(150_000)}[]]`),
    feature('large', [star(random, middle, { sizeM: 50_000, corners: 20_000 })]),
    feature('also-good', [star(random, middle, { sizeM: 900, corners: 5 })]),
  ];
  const text = `{"type":"FeatureCollection","features":[${features.join(',')}]}`;
  const rejected = [
    { index: 1, id: 'lists', reason: '/geometry/coordinates/0/0: must be [longitude, latitude]' },
    { index: 2, id: 'texts', reason: expect.stringMatching(/^\/geometry\/coordinates\/0\/0\/0: /) },
    { index: 3, id: 'large', reason: '/geometry: is too large to store; simplify it' },
  ];
  for (const operation of ['importPlaces', 'importSensitivePlaces']) {
    const answer = await door.knock({ operation, text, query: { category: 'worship' } });
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { imported: 2, rejected }]);
  }
});

function checkRefused({ status, type, answer }: Answer, what: string): void {
  expect([400, 413, 422], what).toContain(status);
  expect(type, what).toBe('application/problem+json');
  const problem = JSON.parse(answer);
  expect(problem, what).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:beckon:problem:/),
    title: expect.any(String),
  });
  expect(problem.errors?.length, what).toBeGreaterThan(0);
  expect(problem.errors.length, what).toBeLessThanOrEqual(50);
  for (const { pointer, detail } of problem.errors) {
    // A pointer into the body; '' where it is no JSON, too deep or too large as a whole.
    expect(pointer, what).toMatch(/^(\/[^/]*)*$/);
    expect(detail, what).toMatch(/\w/);
    expect(detail, what).not.toMatch(/\[object|Error:|\.ts\b|NaN/);
  }
  const isJson = !/is not JSON|stops being JSON|is not UTF-8|nested deeper/.test(answer);
  if (isJson) expect(problem.errors[0].pointer, what).not.toBe('');
}

function checkTaken({ text, answer }: Answer, what: string, random: Random): void {
  const [sent, place] = [JSON.parse(text) as Place, JSON.parse(answer) as Place];
  // What GEOS says is no polygon is none for us. Parts that overlap are: a place is where any of its parts is.
  const isLarge = text.length > 1e6;
  for (const part of partsOf(place)) if (!isLarge) expect(isValid(part), what).toBe(true);
  const tree = createTreeIndex([place]);
  const cells = openCellIndex(buildCellIndex([place]));
  for (const [lng, lat] of probesOf(sent, random)) {
    const expected = holds(sent, lng, lat);
    if (expected === undefined) continue;
    const where = `${what} at ${lng}, ${lat}`;
    expect(tree.containing(lng, lat).length === 1, where).toBe(expected);
    expect(cells.containing(lng, lat) === 1, where).toBe(expected);
  }
}

const partsOf = ({ geometry }: Place): number[][][][] =>
  geometry.type === 'Point' ? [] : geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;

/** In one frame of longitudes, as GEOS knows no globe. */
function isValid(rings: number[][][]): boolean {
  const origin = rings[0]?.[0]?.[0] ?? 0;
  const linear = rings.map((ring) => {
    const sequence = geos.GEOSCoordSeq_create(ring.length, 2);
    for (const [i, [x = 0, y = 0]] of ring.entries()) {
      geos.GEOSCoordSeq_setXY(sequence, i, x - 360 * Math.round((x - origin) / 360), y);
    }
    return geos.GEOSGeom_createLinearRing(sequence);
  });
  const [shell, ...holes] = linear;
  const pointers = geos.Module._malloc(4 * holes.length + 4);
  // Its types have the last two the other way round.
  const setValue = geos.Module.setValue as unknown as (pointer: number, value: unknown, type: string) => void;
  for (const [i, hole] of holes.entries()) setValue(pointers + 4 * i, hole, 'i32');
  const geometry = geos.GEOSGeom_createPolygon(shell as never, pointers as never, holes.length);
  const valid = Number(geos.GEOSisValid(geometry)) === 1;
  geos.GEOSGeom_destroy(geometry);
  geos.Module._free(pointers);
  return valid;
}

/** Beside corners, and all over; by the numbers that were sent, so that an edge is approached from both sides. */
function probesOf({ geometry, radiusM = 0 }: Place, random: Random): [number, number][] {
  const corners =
    geometry.type === 'Point'
      ? [geometry.coordinates]
      : geometry.type === 'Polygon'
        ? geometry.coordinates.flat()
        : geometry.coordinates.flat(2);
  const reach = geometry.type === 'Point' ? radiusM / 111_195 : 0.02;
  return Array.from({ length: PROBES }, () => {
    const [lng = 0, lat = 0] = random.pick(corners);
    const spread = random.pick([1e-5, 1e-3, 1]) * Math.max(reach, 1e-6);
    const north = random.between(-spread, spread);
    const y = Math.max(-90, Math.min(90, lat + north));
    const x = lng + random.between(-spread, spread) / Math.max(0.01, Math.cos((y * Math.PI) / 180));
    return [x > 180 ? x - 360 : x < -180 ? x + 360 : x, y];
  });
}

function report(answers: readonly Answer[]): void {
  const taken = answers.filter(({ status }) => status === 200).length;
  const slowest = [...answers].sort((a, b) => b.ms - a.ms).slice(0, 5);
  const lines = slowest.map(
    ({ kind, ms, steps, text, status }) =>
      `  ${ms.toFixed()} ms, ${steps} comparisons, ${(text.length / 1e6).toFixed(2)} MB: ${kind} -> ${status}`,
  );
  console.log([`${taken} taken, ${answers.length - taken} refused; the slowest:`, ...lines].join('\n'));
  expect(taken).toBeGreaterThan(100);
  expect(answers.length - taken).toBeGreaterThan(500);
}
