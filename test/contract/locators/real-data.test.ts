import { afterEach, describe, expect } from 'vitest';
import { toGeobuf } from '#core/geo/amazon/geobuf.ts';
import { type GeofenceGeometry, geofenceShapeOf } from '#core/geo/amazon/geofence.ts';
import { shapeContains, shapeOf, signedDistanceM } from '#core/geo/geometry.ts';
import { placesFromFeatures } from '#core/geo/import-features.ts';
import { createCollection } from '#local/host/location/geofences.ts';
import type { GeometryBody } from '#local/host/location/requests.ts';
import { goldenTest, sharedJson } from '#test/geo/shared-data.ts';
import { openAmazon } from './amazon.ts';

const FENCES = 'liverpool_golden_geofence_events.json';
const BUSES = 'liverpool_bus_route14.json';
type Golden = {
  fences: { id: string; center: [number, number]; radius: number }[];
  events: { fence: string; deviceId: string; event: 'ENTER' | 'EXIT'; t: string }[];
};
type Buses = { points: [at: string, lng: number, lat: number, bearing: number | null, deviceId: string][] };

/** Six decimals move an edge by no more. */
const GEOBUF_M = 0.08;

let world: Awaited<ReturnType<typeof openAmazon>> | undefined;
afterEach(() => world?.behind.stop());

describe('real data at Amazon Location', () => {
  goldenTest([FENCES, BUSES])(
    'eight buses of Liverpool cross what an independent reading of their traces says, and nothing else',
    async () => {
      const { fences, events } = sharedJson<Golden>(FENCES);
      const { points } = sharedJson<Buses>(BUSES);
      const opened = await openAmazon(3);
      world = opened;
      opened.shop.world.now = Date.parse(points[0]?.[0] ?? '') - 60_000;
      for (const { id, center, radius } of fences) {
        const geometry = { type: 'Point' as const, coordinates: center };
        await opened.put(id, { name: id, timeZone: 'Europe/London', geometry, radiusM: radius });
      }
      for (let start = 0; start < points.length; start += 100) {
        const batch = points.slice(start, start + 100);
        opened.shop.world.now = Math.max(opened.shop.world.now, Date.parse(batch.at(-1)?.[0] ?? ''));
        const positions = batch.map(([at, lng, lat, , deviceId]) => ({ deviceId, at, lng, lat }));
        expect((await opened.call('postPositions', { body: { positions } })).body.rejected).toEqual([]);
        await opened.settle();
      }
      const told = [...new Set(events.map(({ deviceId }) => deviceId))].flatMap((deviceId) =>
        opened
          .told(deviceId)
          .map(({ kind, placeId, occurredAt }) => `${deviceId} ${kind} ${placeId} ${Date.parse(occurredAt)}`),
      );
      const wanted = events.map(
        ({ fence, deviceId, event, t }) =>
          `${deviceId} ${event === 'ENTER' ? 'geofence.enter' : 'geofence.exit'} ${fence} ${Date.parse(t)}`,
      );
      expect(told.sort()).toEqual(wanted.sort());
      expect(opened.dead).toEqual([]);
    },
  );

  goldenTest(['dc_campuses.geojson'])('the campuses of Washington are taken as they are, also as Geobuf', () => {
    const defaults = { timeZone: 'America/New_York' };
    const { places } = placesFromFeatures(sharedJson('dc_campuses.geojson'), defaults);
    const collection = createCollection({ now: () => 0, activateMs: 0 });
    expect(places).toHaveLength(30);
    for (const place of places) {
      const shape = geofenceShapeOf(place);
      if (!shape.ok) throw new Error(`${place.placeId}: ${shape.reason}`);
      const before = shapeOf(place);
      for (const geometry of [shape.geometry, asGeobuf(shape.geometry)]) {
        const refused = collection.put({ GeofenceId: place.placeId, Geometry: bodyOf(geometry) });
        expect([place.placeId, refused]).toEqual([place.placeId, undefined]);
        const after = collection.all.get(place.placeId)?.shape;
        for (const [lng, lat] of gridAbout(place.geometry.coordinates as number[][][] | number[][][][])) {
          if (Math.abs(signedDistanceM(before, lng, lat)) < GEOBUF_M) continue;
          expect(after && shapeContains(after, lng, lat)).toBe(shapeContains(before, lng, lat));
        }
      }
    }
  });
});

/** As JSON carries it. */
const bodyOf = (geometry: GeofenceGeometry): GeometryBody =>
  ('Geobuf' in geometry ? { Geobuf: Buffer.from(geometry.Geobuf).toString('base64') } : geometry) as GeometryBody;

function asGeobuf(geometry: GeofenceGeometry): GeofenceGeometry {
  if ('Polygon' in geometry) return { Geobuf: toGeobuf([geometry.Polygon]) };
  return 'MultiPolygon' in geometry ? { Geobuf: toGeobuf(geometry.MultiPolygon) } : geometry;
}

/** Points all over a shape's box and a little beyond. */
function gridAbout(coordinates: readonly unknown[]): [number, number][] {
  const flat = (coordinates as unknown[]).flat(3) as unknown as number[];
  const numbers = flat.flat() as number[];
  const lngs = numbers.filter((_, i) => i % 2 === 0);
  const lats = numbers.filter((_, i) => i % 2 === 1);
  const [west, east, south, north] = [Math.min(...lngs), Math.max(...lngs), Math.min(...lats), Math.max(...lats)];
  return Array.from({ length: 15 }, (_, i) => i).flatMap((i) =>
    Array.from({ length: 15 }, (_, j): [number, number] => [
      west + ((east - west) * (i - 0.5)) / 13,
      south + ((north - south) * (j - 0.5)) / 13,
    ]),
  );
}
