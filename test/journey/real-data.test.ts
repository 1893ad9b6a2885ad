import { afterAll, beforeAll, describe, expect } from 'vitest';
import { goldenTest, sharedJson } from '#test/geo/shared-data.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aPlace } from '#test/support/builders.ts';

const LIVERPOOL = ['liverpool_bus_route14.json', 'liverpool_golden_geofence_events.json'];
const MAX_POSITIONS = 100;

type Buses = {
  points: [at: string, lng: number, lat: number, bearing: number | null, vehicle: string, trip: string][];
};
type Golden = {
  fences: { id: string; center: [number, number]; radius: number }[];
  events: { fence: string; deviceId: string; event: 'ENTER' | 'EXIT'; t: string }[];
};

describe('real places and real buses, over HTTP', () => {
  let beckon: Beckon;
  beforeAll(async () => {
    beckon = await startBeckon();
  });
  afterAll(() => beckon.stop());

  goldenTest(['dc_places.geojson', 'dc_campuses.geojson'])('imports Washington', async () => {
    const points = await beckon.call(
      'POST',
      '/v1/places/import?radiusM=75',
      'marketer',
      sharedJson('dc_places.geojson'),
    );
    expect([points.status, points.body]).toEqual([200, { imported: 455, rejected: [] }]);
    const campuses = await beckon.call('POST', '/v1/places/import', 'operator', sharedJson('dc_campuses.geojson'));
    expect([campuses.status, campuses.body]).toEqual([200, { imported: 30, rejected: [] }]);
    const ids = new Set<string>();
    let cursor: string | undefined;
    do {
      const query = `limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      const { body } = await beckon.call('GET', `/v1/places?${query}`, 'marketer');
      for (const { placeId } of body.items) ids.add(placeId);
      cursor = body.cursor;
    } while (cursor);
    expect(ids.size).toBe(455);
  });

  for (const size of [1, 37, MAX_POSITIONS]) {
    goldenTest(LIVERPOOL)(
      `makes the 68 golden signals of the buses, ${size} at a time, every batch twice`,
      async () => {
        for (const { id, center, radius } of fences()) {
          const place = aPlace({
            geometry: { type: 'Point', coordinates: center },
            radiusM: radius,
            detection: 'plain',
          });
          expect((await beckon.call('PUT', `/v1/places/${id}`, 'marketer', place)).status).toBe(200);
        }
        const vehicles = await enrol(beckon, size);
        const positions = sharedJson<Buses>('liverpool_bus_route14.json').points.map(([at, lng, lat, , vehicle]) => ({
          deviceId: `${size}-${vehicle}`,
          at,
          lng,
          lat,
        }));
        // One at a time, the buses report side by side, as buses do; what is in one batch stays in it.
        const convoys = size === 1 ? [...Map.groupBy(positions, ({ deviceId }) => deviceId).values()] : [positions];
        await Promise.all(convoys.map((convoy) => postTwice(beckon, convoy, size)));
        const wanted = expected();
        expect(wanted).toHaveLength(68);
        const signals = () => Promise.all(vehicles.map((vehicle) => signalsOf(beckon, size, vehicle)));
        await eventually(async () => ((await signals()).flat().length >= wanted.length ? true : undefined), 180_000);
        // The last position is a quiet one: what is still to come would be one signal too many.
        await new Promise((done) => setTimeout(done, 1500));
        expect((await signals()).flat().sort()).toEqual(wanted);
      },
    );
  }
});

const fences = () => sharedJson<Golden>('liverpool_golden_geofence_events.json').fences;

const expected = () =>
  sharedJson<Golden>('liverpool_golden_geofence_events.json')
    .events.map(
      ({ deviceId, event, fence, t }) => `${deviceId} geofence.${event.toLowerCase()} ${fence} ${Date.parse(t)}`,
    )
    .sort();

async function postTwice(beckon: Beckon, positions: object[], size: number): Promise<void> {
  for (let start = 0; start < positions.length; start += size) {
    const batch = { positions: positions.slice(start, start + size) };
    for (let time = 0; time < 2; time += 1) {
      expect((await beckon.call('POST', '/v1/positions', 'app', batch)).body.accepted).toBe(batch.positions.length);
    }
  }
}

async function enrol(beckon: Beckon, size: number): Promise<string[]> {
  const { points } = sharedJson<Buses>('liverpool_bus_route14.json');
  const vehicles = [...new Set(points.map(([, , , , vehicle]) => vehicle))];
  for (const vehicle of vehicles) {
    const person = { identifiers: [{ kind: 'device', value: `${size}-${vehicle}` }] };
    expect((await beckon.call('PUT', `/v1/people/bus-${size}-${vehicle}`, 'app', person)).status).toBe(200);
  }
  return vehicles;
}

async function signalsOf(beckon: Beckon, size: number, vehicle: string): Promise<string[]> {
  const { body } = await beckon.call('GET', `/v1/people/bus-${size}-${vehicle}/signals?limit=200`, 'marketer');
  return body.items.map(
    ({ kind, placeId, at }: { kind: string; placeId: string; at: string }) =>
      `${vehicle} ${kind} ${placeId} ${Date.parse(at)}`,
  );
}
