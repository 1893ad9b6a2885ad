import { expect, test } from 'vitest';
import { fromWgs84 } from '#core/geo/coordinate-systems.ts';
import type { CoordinateSystem } from '#core/model/coordinate-system.ts';
import type { Place } from '#core/model/place.ts';
import { postPositions } from '#functions/ingest/positions.ts';
import type { DeviceFixes } from '#functions/locate/message.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import { BRAND } from '#test/store/shop.ts';
import { aPlace } from '../support/builders.ts';
import { openGuardedShop } from './sensitive-world.ts';

/** A mall in Shanghai: its ring and its middle in WGS-84. */
const MIDDLE = [121.4737, 31.2304] as const;
const RING = [
  [121.472, 31.229],
  [121.4755, 31.229],
  [121.4755, 31.232],
  [121.472, 31.232],
  [121.472, 31.229],
] as const;
/** A ten-millionth of a degree is a centimetre. */
const closeTo = ([lng, lat]: readonly [number, number]) => [expect.closeTo(lng, 6), expect.closeTo(lat, 6)];
const ringIn = (system: CoordinateSystem) => RING.map((position) => [...fromWgs84(system, position)]);
const point = (system: CoordinateSystem) => ({ type: 'Point', coordinates: [...fromWgs84(system, MIDDLE)] });
const polygon = (system: CoordinateSystem) => ({ type: 'Polygon', coordinates: [ringIn(system)] });
const shop = await openGuardedShop();

test.each(['wgs84', 'gcj02', 'bd09'] as const)(
  'a place and a sensitive place in %s are kept in WGS-84',
  async (system) => {
    const path = { placeId: `mall-${system}`, sensitivePlaceId: `clinic-${system}` };
    const { radiusM: _, ...place } = aPlace({ name: 'Mall' });
    const put = await shop.call('putPlace', {
      path,
      body: { ...place, geometry: polygon(system), coordinateSystem: system },
    });
    expect(put.status).toBe(200);
    const stored: Place = (await shop.call('getPlace', { path })).body;
    expect(stored).not.toHaveProperty('coordinateSystem');
    expect(stored.geometry.coordinates).toEqual([RING.map(closeTo)]);
    const clinic = { category: 'clinic', geometry: point(system), radiusM: 30, coordinateSystem: system };
    const sensitive = await shop.call('putSensitivePlace', { path, body: clinic });
    expect(sensitive.body).toMatchObject({ geometry: { coordinates: closeTo(MIDDLE) }, radiusM: 30 });
    expect(sensitive.body).not.toHaveProperty('coordinateSystem');
    await shop.call('deleteSensitivePlace', { path });
  },
);

test.each(['query', 'member'] as const)('an import says by its %s what all of it is in', async (where) => {
  const features = [
    { type: 'Feature', id: 'a', properties: { radiusM: 80 }, geometry: point('bd09') },
    { type: 'Feature', id: 'b', properties: {}, geometry: polygon('bd09') },
  ];
  const collection = { type: 'FeatureCollection', features };
  const asked =
    where === 'query'
      ? { query: { coordinateSystem: 'bd09' }, body: collection }
      : { body: { ...collection, coordinateSystem: 'bd09' } };
  expect((await shop.call('importPlaces', asked)).body).toEqual({ imported: 2, rejected: [] });
  const read = async (placeId: string): Promise<Place> => (await shop.call('getPlace', { path: { placeId } })).body;
  expect((await read('a')).geometry.coordinates).toEqual(closeTo(MIDDLE));
  expect((await read('a')).radiusM).toBe(80);
  expect((await read('b')).geometry.coordinates).toEqual([RING.map(closeTo)]);
  const query = { ...asked.query, category: 'clinic' };
  expect((await shop.call('importSensitivePlaces', { ...asked, query })).body).toMatchObject({ imported: 2 });
  const listed = (await shop.call('listSensitivePlaces')).body.items as { sensitivePlaceId: string }[];
  expect(listed.find(({ sensitivePlaceId }) => sensitivePlaceId === 'a')).toMatchObject({
    geometry: { coordinates: closeTo(MIDDLE) },
  });
  for (const sensitivePlaceId of ['a', 'b']) await shop.call('deleteSensitivePlace', { path: { sensitivePlaceId } });
});

test.each(['putPlace', 'putSensitivePlace', 'importPlaces', 'importSensitivePlaces'] as const)(
  '%s refuses a system that nobody knows',
  async (step) => {
    const bodies = {
      putPlace: aPlace(),
      putSensitivePlace: { category: 'clinic', geometry: point('wgs84') },
      importPlaces: { type: 'FeatureCollection', features: [] },
      importSensitivePlaces: { type: 'FeatureCollection', features: [] },
    };
    const path = { placeId: 'x', sensitivePlaceId: 'x' };
    for (const coordinateSystem of ['mars', 'WGS84', 1, {}]) {
      const { status, body } = await shop.call(step, { path, body: { ...bodies[step], coordinateSystem } });
      expect([status, body.errors]).toEqual([400, [{ pointer: '/coordinateSystem', detail: expect.any(String) }]]);
    }
  },
);

test('positions say it one by one, or all at once', async () => {
  const sent: DeviceFixes[] = [];
  const runtime = {
    now: () => Date.parse('2026-11-23T08:00:00Z'),
    send: async (_: string, messages: readonly OutgoingMessage[]) => {
      sent.push(...messages.map(({ body }) => body as DeviceFixes));
    },
  };
  const caller = { subject: 'phone', tenant: { kind: 'brand', id: BRAND }, role: 'app' };
  const post = (body: unknown) => postPositions({ runtime, caller, body } as unknown as HttpRequest);
  const at = (system: CoordinateSystem, deviceId: string, more = {}) => {
    const [lng, lat] = fromWgs84(system, MIDDLE);
    return { deviceId, at: '2026-11-23T07:59:00Z', lng, lat, accuracyM: 12, ...more };
  };
  const positions = [
    at('gcj02', 'd1'),
    at('bd09', 'd2', { coordinateSystem: 'bd09' }),
    at('wgs84', 'd3', { coordinateSystem: 'wgs84' }),
  ];
  await post({ coordinateSystem: 'gcj02', positions });
  await post({ positions: [at('wgs84', 'd4')] });
  expect(sent).toHaveLength(4);
  const [lng, lat] = closeTo(MIDDLE);
  for (const { fixes } of sent)
    expect(fixes).toEqual([{ at: Date.parse('2026-11-23T07:59:00Z'), lng, lat, accuracyM: 12 }]);

  const mixed = await post({ positions: [at('wgs84', 'd5'), at('wgs84', 'd6', { coordinateSystem: 'mars' })] });
  expect(mixed.body).toEqual({
    accepted: 1,
    rejected: [{ index: 1, reason: expect.stringMatching(/^coordinateSystem: /) }],
  });
  await expect(post({ coordinateSystem: 'mars', positions })).rejects.toMatchObject({
    status: 400,
    errors: [{ pointer: '/coordinateSystem' }],
  });
});
