import { detect } from '#core/geo/detect.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { createSensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Place } from '#core/model/place.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { createRandom, type Random } from '#local/random.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';

const SENSITIVE_PLACES = 10_000;
const PLACES = 500;
const POSITIONS = 20_000;
const ROUNDS = 9;
const DEGREE_M = 111_195;
/** A region of 200 km by 200 km: with fewer places to the square kilometre than a city has, most positions have to be measured. */
const SPAN_DEGREES = 1.8;
const WEST = 120.5;
const SOUTH = 30.3;

/**
 * `npm run bench -- sensitive`: what asking 10,000 sensitive places under the widest buffer of law costs one position, and
 * what the same position costs in detection; and the trees, which are built once for each version of a catalogue.
 */
export function sensitive(): BenchResult {
  const random = createRandom(20_261_123);
  const anywhere = (): [number, number] => [WEST + random.next() * SPAN_DEGREES, SOUTH + random.next() * SPAN_DEGREES];
  const positions = Array.from({ length: POSITIONS }, (_, at) => {
    const [lng, lat] = anywhere();
    return { at: at * 1000, lng, lat, accuracyM: random.int(3, 40) };
  });
  const places = Array.from({ length: PLACES }, (_, index) => placeAt(index, anywhere()));
  const rows = [0, 8, 64].map((corners) => measure(corners, { random, anywhere, positions, places }));
  const index = createPlaceIndex(places);
  const detecting = microsecondsEach(() => {
    for (const fix of positions) detect({ state: undefined, fixes: [fix], index, dwellThresholds: () => [] });
  });
  return {
    name: 'sensitive',
    machine: machine(),
    rows: [...rows, { footprints: 'detection alone, for comparison', usPerPosition: round2(detecting) }],
    headline: {
      sensitivePlaces: SENSITIVE_PLACES,
      usPerPosition: Math.max(...rows.map(({ usPerPosition }) => usPerPosition)),
      buildMs: Math.max(...rows.map(({ buildMs }) => buildMs)),
    },
  };
}

type World = {
  random: Random;
  anywhere: () => [number, number];
  positions: { lng: number; lat: number; accuracyM: number }[];
  places: Place[];
};

function measure(corners: number, { random, anywhere, positions, places }: World) {
  const sensitivePlaces = Array.from({ length: SENSITIVE_PLACES }, (_, index) =>
    sensitiveAt(index, corners, anywhere(), random),
  );
  const fresh = () => createSensitiveLayer(sensitivePlaces, places);
  const buildMs = median(Array.from({ length: ROUNDS }, () => millisecondsOf(() => fresh().hides({ lng: 0, lat: 0 }))));
  const layer = fresh();
  let hidden = 0;
  const usPerPosition = microsecondsEach(() => {
    hidden = positions.filter((position) => layer.hides(position)).length;
  });
  const blocked = places.filter((place) => layer.silences(place)).length;
  return {
    footprints: corners === 0 ? 'circles' : `polygons of ${corners} corners`,
    usPerPosition: round2(usPerPosition),
    buildMs: round2(buildMs),
    hidden: `${hidden} of ${POSITIONS}`,
    blockedPlaces: `${blocked} of ${PLACES}`,
  };
}

function sensitiveAt(index: number, corners: number, [lng, lat]: [number, number], random: Random): SensitivePlace {
  const common = { sensitivePlaceId: `s${index}`, category: 'health-care', jurisdiction: 'US-WA' } as const;
  if (corners === 0) return { ...common, geometry: { type: 'Point', coordinates: [lng, lat] }, radiusM: 25 };
  const ring = Array.from({ length: corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    const reach = (40 + 60 * random.next()) / DEGREE_M;
    return [lng + reach * Math.cos(angle), lat + reach * Math.sin(angle)];
  });
  return { ...common, geometry: { type: 'Polygon', coordinates: [[...ring, ring[0] as number[]]] } };
}

const placeAt = (index: number, coordinates: [number, number]): Place => ({
  placeId: `p${index}`,
  name: `p${index}`,
  timeZone: 'UTC',
  geometry: { type: 'Point', coordinates },
  radiusM: 100,
  tags: [],
  detection: 'confirmed',
});

function millisecondsOf(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** The median of rounds, of which the first warm up. */
const microsecondsEach = (pass: () => void): number =>
  median(Array.from({ length: ROUNDS }, () => (millisecondsOf(pass) * 1000) / POSITIONS).slice(2));

const round2 = (value: number): number => Math.round(value * 100) / 100;
