import { expect, test } from 'vitest';
import { fromWgs84 } from '#core/geo/coordinate-systems.ts';
import { enclosingCircle } from '#core/geo/enclosing-circle.ts';
import { haversineM } from '#core/geo/sphere.ts';
import { nearPlaces } from '#functions/catalogue/near-places.ts';
import { postSignals } from '#functions/ingest/signals.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import { BRAND } from '#test/store/shop.ts';
import { aPlace } from '../support/builders.ts';
import { openGuardedShop } from './sensitive-world.ts';

/** Along a road in Shanghai, one shop every 500 m; the builder's own shop is among them, at its start. */
const METRE = 1 / 111_195 / Math.cos((31.23 * Math.PI) / 180);
const along = (metres: number) => 121.47 + metres * METRE;
const shop = await openGuardedShop();
const clinic = { category: 'clinic', geometry: { type: 'Point', coordinates: [along(5200), 31.23] }, radiusM: 20 };

async function put(placeId: string, change: object): Promise<void> {
  const put = await shop.call('putPlace', { path: { placeId }, body: { ...aPlace({ name: placeId }), ...change } });
  expect([placeId, put.status]).toEqual([placeId, 200]);
}
for (let i = 1; i <= 30; i += 1) {
  await put(`shop-${i}`, { geometry: { type: 'Point', coordinates: [along(i * 500), 31.23] }, radiusM: 50 });
}

async function near(query: Record<string, string>, role = 'app') {
  const caller = { subject: 'phone', tenant: { kind: 'brand', id: BRAND }, role };
  const request = { runtime: shop.process(), caller, query, path: {}, body: undefined };
  try {
    // biome-ignore lint/suspicious/noExplicitAny: read as the phone reads it
    return { status: 200, body: (await nearPlaces(request as unknown as HttpRequest)).body as any };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { status: error.status, body: error.document() };
  }
}
const at = (metres: number) => ({ lng: String(along(metres)), lat: '31.23' });

test('the nearest come first, as circles, with how far they reach', async () => {
  const { body } = await near({ ...at(5060), limit: '3' });
  expect(body.items).toEqual([
    {
      placeId: 'shop-10',
      name: 'shop-10',
      lng: expect.closeTo(along(5000), 6),
      lat: 31.23,
      radiusM: 50,
      distanceM: 10,
    },
    {
      placeId: 'shop-11',
      name: 'shop-11',
      lng: expect.closeTo(along(5500), 6),
      lat: 31.23,
      radiusM: 50,
      distanceM: 390,
    },
    { placeId: 'shop-9', name: 'shop-9', lng: expect.closeTo(along(4500), 6), lat: 31.23, radiusM: 50, distanceM: 510 },
  ]);
  // The next is shop-12, 6,000 m along.
  expect(body.watchRadiusM).toBeOneOf([889, 890]);
});

test('within the circle to watch nothing is entered that is not watched', async () => {
  for (let metres = 100; metres < 15_000; metres += 731) {
    const { body } = await near({ ...at(metres), limit: '5' });
    const watched = new Set(body.items.map(({ placeId }: { placeId: string }) => placeId));
    const all = (await near({ ...at(metres), limit: '100' })).body.items;
    expect(all).toHaveLength(31);
    for (const { placeId, lng, lat, radiusM } of all) {
      const edgeM = haversineM(along(metres), 31.23, lng, lat) - radiusM;
      if (edgeM < body.watchRadiusM) expect(watched).toContain(placeId);
    }
  }
});

test('where all there are are watched, a phone still asks again after 100 km', async () => {
  const { body } = await near({ ...at(0), limit: '100' });
  expect([body.items.length, body.watchRadiusM, body.items[0].distanceM]).toEqual([31, 100_000, 0]);
  expect((await near({ lng: '-170.5', lat: '-80' })).body).toEqual({ items: [], watchRadiusM: 100_000 });
});

test('twenty are told where nobody says how many', async () => {
  expect((await near(at(0))).body.items).toHaveLength(20);
});

test('a polygon is told as a circle round it', async () => {
  const ring = [
    [-2.99, 53.4],
    [-2.98, 53.4],
    [-2.98, 53.41],
    [-2.99, 53.41],
    [-2.99, 53.4],
  ];
  const geometry = { type: 'Polygon' as const, coordinates: [ring] };
  const { radiusM: _, ...place } = aPlace({ name: 'park' });
  expect((await shop.call('putPlace', { path: { placeId: 'park' }, body: { ...place, geometry } })).status).toBe(200);
  const { body } = await near({ lng: '-2.985', lat: '53.405' });
  expect(body.items).toEqual([{ placeId: 'park', name: 'park', ...enclosingCircle({ geometry }), distanceM: 0 }]);
});

test('in GCJ-02 it is asked and answered in GCJ-02', async () => {
  const [lng, lat] = fromWgs84('gcj02', [along(5000), 31.23]);
  const query = { lng: String(lng), lat: String(lat), limit: '1', coordinateSystem: 'gcj02' };
  const { placeId, distanceM, ...circle } = (await near(query)).body.items[0];
  expect([placeId, distanceM]).toEqual(['shop-10', 0]);
  expect(haversineM(circle.lng, circle.lat, lng, lat)).toBeLessThan(0.02);
});

test('a fence that has come to lie at a sensitive place is told to no phone', async () => {
  const told = async () =>
    (await near({ ...at(5000), limit: '3' })).body.items.map((item: { placeId: string }) => item.placeId);
  expect(await told()).toContain('shop-10');
  await shop.call('putSensitivePlace', { path: { sensitivePlaceId: 'clinic' }, body: { ...clinic, bufferM: 200 } });
  expect(await told()).not.toContain('shop-10');
  await shop.call('deleteSensitivePlace', { path: { sensitivePlaceId: 'clinic' } });
  expect(await told()).toContain('shop-10');
});

test('a phone that then says that it went in is believed less than positions that were looked at here', async () => {
  const said: unknown[] = [];
  const send = async (queue: string, messages: readonly OutgoingMessage[]) => {
    if (queue === 'signals') said.push(...messages.map(({ body }) => body));
  };
  const caller = { subject: 'phone', tenant: { kind: 'brand', id: BRAND }, role: 'app' };
  const signal = {
    kind: 'geofence.enter',
    at: new Date(shop.world.now).toISOString(),
    subject: { kind: 'device', value: 'phone-lin' },
    placeId: 'shop-3',
  };
  await postSignals({
    runtime: { ...shop.process(), send },
    caller,
    body: { signals: [signal] },
  } as unknown as HttpRequest);
  expect(said).toEqual([expect.objectContaining({ kind: 'geofence.enter', source: 'api', trust: 'T1' })]);
  await shop.walk(
    'phone-mei',
    [0, 1, 2, 3].map(() => [along(1500), 31.23] as const),
  );
  expect(shop.sent).toEqual([expect.objectContaining({ kind: 'geofence.enter', source: 'embedded', trust: 'T2' })]);
});

test('nothing is written of the question', async () => {
  const before = JSON.stringify([shop.rows('presence'), shop.rows('people'), shop.rows('offers')]);
  await near(at(5000));
  expect(JSON.stringify([shop.rows('presence'), shop.rows('people'), shop.rows('offers')])).toBe(before);
});

test.each([
  [{ lat: '31' }, '/lng'],
  [{ lng: '121', lat: '' }, '/lat'],
  [{ lng: '181', lat: '0' }, '/lng'],
  [{ lng: '0', lat: '-90.01' }, '/lat'],
  [{ lng: '1e2', lat: '0' }, '/lng'],
  [{ lng: 'NaN', lat: '0' }, '/lng'],
  [{ lng: '0x10', lat: '0' }, '/lng'],
  [{ lng: '0', lat: '0', limit: '0' }, '/limit'],
  [{ lng: '0', lat: '0', limit: '101' }, '/limit'],
  [{ lng: '0', lat: '0', limit: '2.5' }, '/limit'],
  [{ lng: '0', lat: '0', coordinateSystem: 'mars' }, '/coordinateSystem'],
] as [Record<string, string>, string][])('%j is refused at %s', async (query, pointer) => {
  const { status, body } = await near(query);
  expect([status, body.errors.map((error: { pointer: string }) => error.pointer)]).toEqual([400, [pointer]]);
  // Coordinates stand in no text of ours.
  expect(JSON.stringify(body)).not.toMatch(/181|90\.01|1e2/);
});
