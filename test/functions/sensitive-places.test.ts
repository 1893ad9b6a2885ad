import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { putEntry, putMeta } from '#store/catalogue.ts';
import { BRAND } from '#test/store/shop.ts';
import { aPlace, HOME } from '#test/support/builders.ts';
import { openGuardedShop } from './sensitive-world.ts';

/** Metres north of the shop's door, on the engine's sphere. */
const north = (metres: number): [number, number] => [HOME.lng, Number((HOME.lat + metres / 111_195.0797).toFixed(7))];
const point = (metres: number) => ({ type: 'Point', coordinates: north(metres) });
const circle = (metres: number, radiusM: number, tags: string[] = ['store']) =>
  aPlace({ geometry: { type: 'Point', coordinates: north(metres) }, radiusM, tags });
const clinic = (metres: number) => ({
  category: 'clinic',
  jurisdiction: 'US-WA',
  geometry: point(metres),
  radiusM: 10,
});
const VENUE = { kind: 'venue', id: 'mall' } as const;

let shop: Awaited<ReturnType<typeof openGuardedShop>>;
beforeEach(async () => {
  shop = await openGuardedShop();
});
const put = (id: string, body: unknown, as?: typeof VENUE) =>
  shop.call('putSensitivePlace', { path: { sensitivePlaceId: id }, body, ...(as && { as }) });
const putPlace = (id: string, body: unknown, as?: typeof VENUE) =>
  shop.call('putPlace', { path: { placeId: id }, body, ...(as && { as }) });

describe('a sensitive place', () => {
  it('is answered with what it blocks, listed, and taken away', async () => {
    const body = { name: 'Quiet House', ...clinic(500) };
    const answer = await put('quiet', body);
    expect(answer.body).toEqual({ sensitivePlaceId: 'quiet', ...body, blockedPlaceIds: ['s1'] });
    expect((await shop.call('listSensitivePlaces')).body.items).toEqual([{ sensitivePlaceId: 'quiet', ...body }]);
    const blocked = 'is 430.00 m from a sensitive place (clinic); 609.6 m must be kept free';
    expect((await shop.call('getPlace', { path: { placeId: 's1' } })).body.blocked).toContain(blocked);
    expect((await shop.call('listPlaces')).body.items[0].blocked).toContain('RCW 19.373');
    const gone = () => shop.call('deleteSensitivePlace', { path: { sensitivePlaceId: 'quiet' } });
    expect((await gone()).status).toBe(204);
    expect((await gone()).status).toBe(404);
    expect((await shop.call('getPlace', { path: { placeId: 's1' } })).body.blocked).toBeUndefined();
  });

  it('keeps the law’s buffer or a wider one, never a narrower', async () => {
    const narrow = await put('a', { ...clinic(5000), bufferM: 609 });
    expect([narrow.status, narrow.body.errors[0].pointer]).toEqual([422, '/bufferM']);
    expect((await put('a', { ...clinic(5000), bufferM: 609.6 })).status).toBe(200);
    expect((await put('b', { ...clinic(5000), bufferM: 5500 })).body.blockedPlaceIds).toEqual(['s1']);
    expect((await put('c', { category: 'worship', geometry: point(5000), bufferM: 0 })).status).toBe(200);
    expect((await put('d', { category: 'casino', geometry: point(0) })).body.errors[0].pointer).toBe('/category');
    expect((await put('e', { ...clinic(0), jurisdiction: 'Washington' })).body.errors[0].pointer).toBe('/jurisdiction');
  });

  it('refuses a geofence that touches its buffer: to the centimetre, with the reason', async () => {
    await put('quiet', { name: 'Quiet House', ...clinic(2000) });
    // From the footprint's edge, 10 m out, 609.6 m to the geofence's edge, 100 m out.
    expect((await putPlace('far', circle(2000 + 719.61, 100))).status).toBe(200);
    const refused = await putPlace('near', circle(2000 + 719.59, 100));
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [
        {
          pointer: '/geometry',
          detail:
            'is 609.59 m from a sensitive place (clinic); 609.6 m must be kept free (RCW 19.373.010 and 19.373.080 (My Health My Data Act): 2000 ft)',
        },
      ],
    ]);
    expect(JSON.stringify(refused)).not.toMatch(/[Qq]uiet/);
  });

  it('without a law that knows it keeps its own footprint free', async () => {
    await put('chapel', { category: 'worship', jurisdiction: 'CN', geometry: point(2000) });
    expect((await putPlace('beside', circle(2000 + 125.1, 100))).status).toBe(200);
    const over = await putPlace('over', circle(2000 + 124.9, 100));
    expect(over.body.errors[0].detail).toBe('touches a sensitive place (worship); no geofence may overlap one');
  });

  it('comes by the hundred, and so do the refusals', async () => {
    const feature = (id: string, metres: number, properties = {}) => ({
      type: 'Feature',
      id,
      geometry: point(metres),
      properties,
    });
    const features = [
      feature('one', 3000, { category: 'pharmacy', name: 'One' }),
      feature('two', 4000, { category: 'drug store', jurisdiction: 'US-CT' }),
      feature('three', 5000, { bufferM: 5 }),
      feature('one', 6000),
      { type: 'Feature', id: 'four', geometry: null, properties: {} },
    ];
    const body = { type: 'FeatureCollection', features };
    const query = { category: 'mental-health', jurisdiction: 'US-WA' };
    const answer = await shop.call('importSensitivePlaces', { query, body });
    expect([answer.body.imported, answer.body.blockedPlaceIds]).toEqual([2, []]);
    expect(answer.body.rejected).toEqual([
      { index: 2, id: 'three', reason: expect.stringMatching(/^\/bufferM: must be at least 609.6/) },
      { index: 3, id: 'one', reason: 'id: occurs twice in the file' },
      { index: 4, id: 'four', reason: expect.stringMatching(/^\/geometry/) },
    ]);
    const { items } = (await shop.call('listSensitivePlaces')).body;
    expect(items).toEqual([
      {
        sensitivePlaceId: 'one',
        name: 'One',
        category: 'pharmacy',
        jurisdiction: 'US-WA',
        geometry: point(3000),
        radiusM: 25,
      },
      { sensitivePlaceId: 'two', category: 'mental-health', jurisdiction: 'US-CT', geometry: point(4000), radiusM: 25 },
    ]);
    const places = {
      type: 'FeatureCollection',
      features: [feature('p1', 3700, { radiusM: 50 }), feature('p2', 9000, { radiusM: 50 })],
    };
    const imported = await shop.call('importPlaces', { body: places });
    expect(imported.body).toEqual({
      imported: 1,
      rejected: [
        {
          index: 0,
          id: 'p1',
          reason: expect.stringMatching(
            /^\/geometry: is 224.99 m from a sensitive place \(mental-health\); 533.4 m .*42-526/,
          ),
        },
      ],
    });
    for (const [name, value] of [
      ['category', 'casino'],
      ['jurisdiction', 'wa'],
    ] as const) {
      expect((await shop.call('importSensitivePlaces', { query: { [name]: value }, body })).status).toBe(400);
    }
    expect((await shop.call('importSensitivePlaces', { body })).body.imported).toBe(1);
  });

  it('of a venue holds for the venue and for every brand that runs there; a brand’s for the brand alone', async () => {
    await putMeta(shop.db, { kind: 'brand', id: BRAND }, { timeZone: 'UTC', venues: ['mall'] });
    await put('chapel', { category: 'worship', geometry: point(3000) }, VENUE);
    await put('ward', clinic(6000));
    expect((await putPlace('x', circle(3000, 50))).status).toBe(422);
    expect((await putPlace('x', circle(3000, 50), VENUE)).status).toBe(422);
    expect((await putPlace('x', circle(6000, 50))).status).toBe(422);
    expect((await putPlace('x', circle(6000, 50), VENUE)).status).toBe(200);
    expect((await shop.call('listSensitivePlaces', { as: VENUE })).body.items).toHaveLength(1);
    // The same id at both tenants is two places.
    await put('chapel', { category: 'school', geometry: point(9000) });
    expect((await putPlace('y', circle(3000, 50))).body.errors[0].detail).toContain('worship');
    expect((await put('shrine', { category: 'worship', geometry: point(6000) })).body.blockedPlaceIds).toEqual(['x']);
  });
});

describe('what happens at a sensitive place', () => {
  it('is forgotten before anything is stored: positions', async () => {
    await put('ward', clinic(900));
    const message = await shop.walk('phone-mei', [north(900), north(1500), north(289)]);
    await shop.relocate(message);
    expect(await shop.presence('phone-mei')).toBeUndefined();
    expect(shop.sent).toEqual([]);
    // A fix whose accuracy circle reaches the buffer is in it; one that does not is any fix.
    await shop.walk('phone-mei', [north(275)], 6);
    expect(await shop.presence('phone-mei')).toBeUndefined();
    await shop.walk('phone-mei', [north(275)], 5);
    expect(await shop.presence('phone-mei')).toBeDefined();
  });

  it('is a silence to the places that somebody was in: no exit, no dwell, and nothing that tells of it', async () => {
    await put('ward', clinic(900));
    await shop.walk('phone-mei', [north(0), north(0)]);
    expect(shop.sent.map(({ kind, placeId }) => [kind, placeId])).toEqual([['geofence.enter', 's1']]);
    const before = await shop.presence('phone-mei');
    await shop.walk('phone-mei', [north(890), north(895), north(900)]);
    shop.world.now += 3_600_000;
    await shop.walk('phone-mei', [north(900)]);
    expect(await shop.presence('phone-mei')).toEqual(before);
    await shop.walk(
      'phone-mei',
      Array.from({ length: 6 }, () => north(-900)),
    );
    expect(shop.sent.map(({ kind }) => kind)).toEqual(['geofence.enter', 'geofence.exit']);
    const after = JSON.stringify(await shop.presence('phone-mei'));
    for (const metres of [890, 895, 900]) expect(after).not.toContain(String(north(metres)[1]));
  });

  it('leaves no more behind than if the device had been silent there', async () => {
    const fix = fc.record({
      metres: fc.integer({ min: -800, max: 1700 }),
      seconds: fc.integer({ min: 1, max: 900 }),
      accuracyM: fc.integer({ min: 1, max: 150 }),
    });
    const walks = fc.array(fc.array(fix, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    const isHidden = (one: { metres: number; accuracyM: number }) =>
      Math.abs(one.metres - 900) - 10 - 609.6 <= one.accuracyM;
    let hidden = 0;
    await fc.assert(
      fc.asyncProperty(walks, async (batches) => {
        const [all, seen] = [await openGuardedShop(), await openGuardedShop()];
        for (const one of [all, seen]) {
          await one.call('putSensitivePlace', { path: { sensitivePlaceId: 'ward' }, body: clinic(900) });
        }
        let now = all.world.now;
        for (const batch of batches) {
          const fixes = batch.map(({ metres, seconds, accuracyM }) => {
            now += seconds * 1000;
            const [lng, lat] = north(metres);
            return { at: now, lng, lat, accuracyM };
          });
          const kept = fixes.filter((_, index) => !isHidden(batch[index] as (typeof batch)[number]));
          hidden += fixes.length - kept.length;
          const common = { brand: BRAND, deviceId: 'phone-mei', receivedAt: new Date(now).toISOString() };
          all.world.now = now;
          seen.world.now = now;
          await all.relocate({ ...common, fixes });
          if (kept.length > 0) await seen.relocate({ ...common, fixes: kept });
        }
        expect(await all.presence('phone-mei')).toEqual(await seen.presence('phone-mei'));
        expect(all.sent).toEqual(seen.sent);
      }),
      { numRuns: 60 },
    );
    expect(hidden).toBeGreaterThan(100);
  });

  it('is forgotten before anything is recorded: signals that name a place in its buffer, or itself', async () => {
    await shop.person('mei');
    await put('ward', clinic(300));
    const screen = { screenId: 'wall', name: 'Wall', placeId: 's1', tagIds: ['t1'] };
    await putEntry(shop.db, { kind: 'brand', id: BRAND }, 'screen', { id: 'wall', body: screen });
    await shop.report({ placeId: 's1' });
    await shop.report({ kind: 'screen.interaction', screenId: 'wall' });
    await shop.report({ kind: 'nfc.tap', source: 'tap', trust: 'T3', tagId: 't1' });
    await shop.report({ kind: 'wifi.join', source: 'connector', placeId: 's1' });
    await shop.report({ placeId: 'ward', source: 'amazon-location' });
    await shop.report({ placeId: 'elsewhere', insidePlaceIds: ['ward'] });
    await shop.report({ placeId: 's1', subject: { kind: 'device', value: 'nobody' } });
    expect([shop.signals(), shop.coupons()]).toEqual([[], []]);
    await shop.call('deleteSensitivePlace', { path: { sensitivePlaceId: 'ward' } });
    await shop.report({ placeId: 's1' });
    expect([shop.signals().length, shop.coupons().length]).toEqual([1, 1]);
  });

  it('a place that a later one comes to touch falls silent, and is heard again when that is gone', async () => {
    await shop.person('mei');
    await shop.walk('phone-mei', [north(0), north(0)]);
    expect((await put('ward', { category: 'shelter', geometry: point(60) })).body.blockedPlaceIds).toEqual(['s1']);
    await shop.walk('phone-mei', [north(-50), north(-50), north(-400), north(-400), north(-400)]);
    expect(shop.sent.map(({ kind }) => kind)).toEqual(['geofence.enter']);
    await shop.call('deleteSensitivePlace', { path: { sensitivePlaceId: 'ward' } });
    await shop.walk('phone-mei', [north(0), north(0), north(0)]);
    expect(shop.sent.map(({ kind }) => kind)).toEqual(['geofence.enter', 'geofence.enter']);
  });

  it('the same for a place with a sensitive tag, which keeps no geofence away', async () => {
    await shop.person('mei');
    expect((await putPlace('surgery', circle(200, 30, ['store', ' Clinic']))).status).toBe(200);
    expect((await putPlace('lobby', circle(200, 100))).status).toBe(200);
    await shop.walk('phone-mei', [north(200), north(200), north(200)]);
    expect([await shop.presence('phone-mei'), shop.sent]).toEqual([undefined, []]);
    await shop.report({ placeId: 'surgery' });
    await shop.report({ placeId: 'lobby', insidePlaceIds: ['lobby', 'surgery'] });
    expect(shop.signals()).toEqual([]);
    await shop.report({ placeId: 'lobby' });
    expect(shop.signals()).toHaveLength(1);
  });
});
