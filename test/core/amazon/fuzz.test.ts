import { expect, it } from 'vitest';
import { type GeofenceGeometry, geofenceShapeOf } from '#core/geo/amazon/geofence.ts';
import { shapeContains, shapeOf, signedDistanceM } from '#core/geo/geometry.ts';
import { foldLng } from '#core/geo/sphere.ts';
import { normalisePlaceGeometry, type RawGeometry } from '#core/geo/validate.ts';
import { createCollection } from '#local/host/location/geofences.ts';
import type { GeometryBody } from '#local/host/location/requests.ts';
import { createRandom } from '#local/random.ts';
import { malformedCases } from '#test/geo/fuzz/malformed.ts';
import { star } from '#test/geo/fuzz/shapes.ts';

const SEED = 20_261_123;
/** Six decimals move an edge by no more, metres. */
const GEOBUF_M = 0.08;
/** How near to the cut the two sides of the antimeridian are not asked about, degrees. */
const CUT_DEGREES = 1e-6;

/** As JSON carries it. */
const bodyOf = (geometry: GeofenceGeometry): GeometryBody =>
  ('Geobuf' in geometry ? { Geobuf: Buffer.from(geometry.Geobuf).toString('base64') } : geometry) as GeometryBody;

function parsed(text: string): RawGeometry | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

it(`whatever is a place is taken by Amazon Location for the same place, or refused in words (seed ${SEED})`, () => {
  const random = createRandom(SEED);
  const collection = createCollection({ now: () => 0, activateMs: 0 });
  const malformed = malformedCases(random, 200).flatMap(({ text }) => parsed(text) ?? []);
  const stars = Array.from({ length: 150 }, (): RawGeometry => {
    const centre = {
      lng: random.chance(0.3) ? 179.99 + random.next() * 0.02 - 0.01 : random.between(-170, 170),
      lat: random.between(-70, 70),
    };
    const corners = random.chance(0.2) ? random.int(1001, 2000) : random.int(3, 60);
    return {
      geometry: { type: 'Polygon', coordinates: [star(random, centre, { sizeM: random.between(50, 3000), corners })] },
    } as RawGeometry;
  });
  const seen = { taken: 0, refused: 0, pieces: 0, geobuf: 0 };
  for (const raw of [...malformed, ...stars]) {
    const normalised = normalisePlaceGeometry(raw);
    if (!normalised.ok) continue;
    const told = geofenceShapeOf(normalised);
    if (!told.ok) {
      expect(told.reason).toMatch(/^(it|a|as|its) /);
      seen.refused += 1;
      continue;
    }
    const refusal = collection.put({ GeofenceId: 'fuzz', Geometry: bodyOf(told.geometry) });
    expect(refusal, JSON.stringify(raw).slice(0, 2000)).toBeUndefined();
    seen.taken += 1;
    if ('Geobuf' in told.geometry) seen.geobuf += 1;
    if ('MultiPolygon' in told.geometry && normalised.geometry.type === 'Polygon') seen.pieces += 1;
    const [before, after] = [shapeOf(normalised), collection.all.get('fuzz')?.shape];
    const [lng = 0, lat = 0] = (normalised.geometry.coordinates as unknown[]).flat(4) as number[];
    for (let probe = 0; probe < 20; probe += 1) {
      const x = foldLng(lng + random.normal() * 0.01);
      const y = Math.max(-90, Math.min(90, lat + random.normal() * 0.01));
      const isAtEdge = Math.abs(signedDistanceM(before, x, y)) < GEOBUF_M || 180 - Math.abs(x) < CUT_DEGREES;
      if (isAtEdge || (after && shapeContains(after, x, y) === shapeContains(before, x, y))) continue;
      expect.fail(`${x}, ${y} is told otherwise of ${JSON.stringify(raw).slice(0, 2000)}`);
    }
  }
  expect(seen.taken).toBeGreaterThan(150);
  expect(Math.min(seen.pieces, seen.geobuf)).toBeGreaterThan(10);
});
