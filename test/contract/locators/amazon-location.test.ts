import { afterEach, describe, expect, it } from 'vitest';
import { deviceIdOf } from '#core/geo/amazon/names.ts';
import type { Place } from '#core/model/place.ts';
import { take } from '#functions/ingest-geo/take.ts';
import { erasePerson } from '#functions/people/erase.ts';
import { deleteEntry, putEntry } from '#store/catalogue.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { putTombstone } from '#store/tombstones.ts';
import { BRAND, COUPON_SECRET } from '#test/store/shop.ts';
import { openAmazon } from './amazon.ts';
import { at, shopAt } from './contract.ts';

type AmazonWorld = Awaited<ReturnType<typeof openAmazon>>;
let world: AmazonWorld;
const open = async (seed?: number): Promise<AmazonWorld> => {
  world = await openAmazon(seed);
  await world.remove('s1');
  return world;
};
afterEach(() => world.behind.stop());

const idsThere = () => [...world.behind.endpoint.geofences.keys()].map((id) => id.slice(0, -23)).sort();
const callsOf = (operation: string) => world.behind.endpoint.counts.get(operation) ?? { calls: 0, items: 0 };
const syncState = async () => (await world.call('getPlacesSync', {})).body;
const many = (count: number): Place[] =>
  Array.from({ length: count }, (_, i) => ({
    placeId: `p${i}`,
    ...shopAt(i * 300),
    tags: [],
    detection: 'confirmed' as const,
  }));

describe('places in Amazon Location', () => {
  it('go ten in a call, and are searched before they count as there', async () => {
    await open();
    for (const place of many(25))
      await putEntry(world.shop.db, { kind: 'brand', id: BRAND }, 'place', { id: place.placeId, body: place });
    expect((await world.call('syncAllPlaces', {})).body).toEqual({ places: 25 });
    await world.settle();
    expect(callsOf('BatchPutGeofence')).toEqual({ calls: 3, items: 25 });
    expect(idsThere()).toHaveLength(25);
    expect(await syncState()).toEqual({ locator: 'amazon', items: [] });
    // The tenth of a second after it, none would be.
    expect(
      [...world.behind.endpoint.geofences.values()].every(({ activeAt }) => activeAt <= world.shop.world.now),
    ).toBe(true);
  });

  it('that it cannot hold are told with the reason, until they can', async () => {
    await open();
    const zigzag = [
      [179, 0],
      [-179, 0],
      [-179, 1],
      [179.5, 1],
      [179.5, 2],
      [-179, 2],
      [-179, 3],
      [179, 3],
      [179, 0],
    ];
    const area = { ...shopAt(0), radiusM: undefined, geometry: { type: 'Polygon' as const, coordinates: [zigzag] } };
    await world.put('pacific', area as never);
    expect((await syncState()).items).toEqual([
      {
        placeId: 'pacific',
        state: 'refused',
        reason: 'it crosses the antimeridian more than once',
        at: expect.any(String),
      },
    ]);
    await world.put('pacific', shopAt(0));
    expect([(await syncState()).items, idsThere()]).toEqual([[], ['pacific']]);
    expect(world.dead).toEqual([]);
  });

  it('that it refuses are told in its words, and do not keep others from it', async () => {
    await open();
    const { faults } = world.behind.endpoint;
    faults.item = (operation, id) =>
      operation === 'BatchPutGeofence' && id.startsWith('bad.') ? 'ValidationError' : undefined;
    for (const [i, placeId] of ['bad', 'good'].entries()) {
      const place = { placeId, ...shopAt(i * 300), tags: [], detection: 'confirmed' };
      await putEntry(world.shop.db, { kind: 'brand', id: BRAND }, 'place', { id: placeId, body: place });
    }
    await world.call('syncAllPlaces', {});
    await world.settle();
    expect(idsThere()).toEqual(['good']);
    expect((await syncState()).items).toMatchObject(
      [{ placeId: 'bad', state: 'refused', reason: /ValidationError/ }].map((item) => ({
        ...item,
        reason: expect.stringMatching(item.reason),
      })),
    );
  });

  it('come through throttling, of calls and of entries', async () => {
    await open();
    let calls = 0;
    let items = 0;
    const { faults } = world.behind.endpoint;
    faults.call = () => (calls++ % 3 === 0 ? 'ThrottlingException' : undefined);
    faults.item = (_, id) => (id.startsWith('p') && items++ % 2 === 0 ? 'ThrottlingError' : undefined);
    for (const place of many(12))
      await putEntry(world.shop.db, { kind: 'brand', id: BRAND }, 'place', { id: place.placeId, body: place });
    await world.call('syncAllPlaces', {});
    await world.settle();
    expect(idsThere()).toHaveLength(12);
    expect([world.dead, (await syncState()).items]).toEqual([[], []]);
  });

  it('are handed back to the queue when the service is gone for long, and come when it is back', async () => {
    await open();
    let failing = 7;
    world.behind.endpoint.faults.call = () => (failing-- > 0 ? 'InternalServerException' : undefined);
    await world.put('late', shopAt(0));
    expect([idsThere(), world.dead]).toEqual([['late'], []]);
  });
});

describe('a check of what lies in Amazon Location', () => {
  it('finds nothing to do where nothing has changed', async () => {
    await open();
    for (const [i, placeId] of ['a', 'b', 'c'].entries()) await world.put(placeId, shopAt(i * 500));
    const before = callsOf('BatchPutGeofence');
    await world.behind.check();
    await world.settle();
    expect(callsOf('BatchPutGeofence')).toEqual(before);
    expect((await syncState()).check).toEqual({
      checkedAt: expect.any(String),
      places: 3,
      active: 3,
      pending: 0,
      repaired: 0,
    });
  });

  it('repairs what was deleted, changed, or put beside, and leaves what is not Beckon’s', async () => {
    await open();
    for (const [i, placeId] of ['gone', 'moved', 'renamed', 'fine'].entries())
      await world.put(placeId, shopAt(i * 500));
    const { geofences } = world.behind.endpoint;
    const [gone, moved, renamed, fine] = ['gone', 'moved', 'renamed', 'fine'].map((placeId) => {
      const found = [...geofences.values()].find(({ GeofenceId }) => GeofenceId.startsWith(`${placeId}.`));
      if (!found) throw new Error(`no ${placeId}`);
      return found;
    });
    if (!gone || !moved || !renamed || !fine) throw new Error('a geofence is missing');
    geofences.delete(gone.GeofenceId);
    geofences.set(moved.GeofenceId, { ...moved, Geometry: { Circle: { Center: [0, 0], Radius: 5 } } });
    geofences.set(renamed.GeofenceId, { ...renamed, GeofenceProperties: {} });
    geofences.set('handmade', { ...fine, GeofenceId: 'handmade' });
    // A place that went while nobody told.
    await world.put('ghost', shopAt(9000));
    await deleteEntry(world.shop.db, { kind: 'brand', id: BRAND }, 'place', 'ghost');
    await world.behind.check();
    expect((await syncState()).check).toMatchObject({ places: 4, active: 1, repaired: 4 });
    await world.settle();
    await world.behind.check();
    await world.settle();
    expect((await syncState()).check).toMatchObject({ places: 4, active: 4, repaired: 0 });
    expect([...geofences.keys()].filter((id) => id === 'handmade')).toHaveLength(1);
    expect([...geofences.keys()].filter((id) => id.startsWith('ghost.'))).toEqual([]);
    expect(geofences.get(moved.GeofenceId)?.Geometry).toEqual(moved.Geometry);
  });
});

describe('positions at Amazon Location', () => {
  it('share calls, ten devices each, and one of a device in a call', async () => {
    await open();
    const devices = Array.from({ length: 10 }, (_, i) => `d${i}`);
    const positions = devices.flatMap((deviceId) =>
      [1, 2].map((second) => {
        const [lng, lat] = at(second * 100);
        return { deviceId, at: new Date(world.shop.world.now + second * 1000).toISOString(), lng, lat };
      }),
    );
    const { consumers } = world.behind;
    await world.call('postPositions', { body: { positions } });
    const messages = world.takeQueued('positions');
    await Promise.all(messages.map((message) => consumers.positions(message)));
    expect(callsOf('BatchUpdateDevicePosition')).toEqual({ calls: 2, items: 20 });
  });

  it('of a sensitive place, or of somebody who was erased, never get there', async () => {
    await open();
    const clinic = {
      name: 'A clinic',
      category: 'clinic',
      geometry: { type: 'Point', coordinates: at(0) },
      radiusM: 50,
    };
    await world.put('by-clinic', shopAt(40));
    await world.putSensitive('clinic', clinic);
    expect(idsThere()).toEqual([]);
    await world.walk('p-patient', [at(0), at(20), at(1000)]);
    expect(callsOf('BatchUpdateDevicePosition').items).toBe(1);
    await putTombstone(world.shop.db, BRAND, COUPON_SECRET, {
      subject: { kind: 'device', value: 'p-erased' },
      erasedAt: world.shop.world.now,
      receiptId: 'r',
    });
    await world.walk('p-erased', [at(1000), at(2000)]);
    expect(callsOf('BatchUpdateDevicePosition').items).toBe(1);
  });

  it('come through throttling and partial failure, each crossing told once', async () => {
    await open();
    await world.put('shop', shopAt(0));
    let calls = 0;
    const { faults } = world.behind.endpoint;
    faults.call = (name) =>
      name === 'BatchUpdateDevicePosition' && calls++ % 4 === 1 ? 'ThrottlingException' : undefined;
    let items = 0;
    faults.item = (name) =>
      name === 'BatchUpdateDevicePosition' && items++ % 3 === 0 ? 'InternalServerError' : undefined;
    await world.walk('p-throttled', [at(-400), at(0), at(20), at(400)]);
    expect(world.words('p-throttled')).toEqual(['enter shop', 'exit shop']);
    expect(world.dead).toEqual([]);
  });
});

describe('a person who is erased', () => {
  it('leaves no positions in the tracker, and no other’s are touched', async () => {
    await open();
    await world.shop.person('mei');
    await world.walk('phone-mei', [at(0), at(1000)]);
    await world.walk('phone-li', [at(0), at(1000)]);
    const { devices } = world.behind.endpoint.tracker;
    expect(devices.size).toBe(2);
    const receipt = await erasePerson(world.runtime, BRAND, 'mei', { source: 'api' });
    expect(receipt?.state).toBe('done');
    await world.settle();
    expect([...devices.keys()]).toEqual([deviceIdOf({ brand: BRAND, deviceId: 'phone-li' })]);
    await world.walk('phone-mei', [at(2000)]);
    expect(devices.size).toBe(1);
    expect(world.dead).toEqual([]);
  });
});

describe('events of Amazon Location', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('twice and in any order are the same visits: seed %i', async (seed) => {
    await open(seed);
    await world.put('shop', shopAt(0));
    await world.put('next', shopAt(500));
    const way = Array.from({ length: 6 }, () => [at(-400), at(0), at(250), at(500)] as const).flat();
    await world.walk('p-busy', way);
    const words = world.words('p-busy');
    expect(words.filter((word) => word === 'enter shop')).toHaveLength(6);
    expect(words.filter((word) => word === 'exit next')).toHaveLength(5);
    expect(words.at(-1)).toBe('enter next');
    const ids = world.deliveries.map(({ signalId }) => signalId);
    expect(new Set(ids).size).toBe(words.length);
    expect(await world.insideOf('p-busy')).toEqual(['next']);
  });

  it('do come twice and in disorder here', async () => {
    let twice = 0;
    let late = 0;
    for (let seed = 1; seed <= 4; seed += 1) {
      await open(seed);
      await world.put('shop', shopAt(0));
      await world.walk('p', Array.from({ length: 10 }, () => [at(-400), at(0)] as const).flat());
      const times = world.behind.events.map(({ detail }) => Date.parse(detail.SampleTime));
      twice += times.length - new Set(times).size;
      late += times.filter((time, i) => i > 0 && time < (times[i - 1] ?? 0)).length;
      await world.behind.stop();
    }
    expect(Math.min(twice, late)).toBeGreaterThan(0);
  });

  it('of a shape that a place has no more begin nothing, and may end something', async () => {
    await open();
    await world.put('shop', shopAt(0));
    await world.walk('p-late', [at(0)]);
    const [enter] = world.behind.events;
    if (!enter) throw new Error('no event');
    await world.put('shop', shopAt(2000));
    const again = (EventType: 'ENTER' | 'EXIT', seconds: number) => {
      const SampleTime = new Date(Date.parse(enter.detail.SampleTime) + seconds * 1000).toISOString();
      return take({ ...enter, detail: { ...enter.detail, EventType, SampleTime } }, world.runtime);
    };
    await again('EXIT', 60);
    await again('ENTER', 120);
    await world.settle();
    expect(world.words('p-late')).toEqual(['enter shop', 'exit shop']);
    expect(await world.insideOf('p-late')).toEqual([]);
  });

  it('are believed where the catalogue in memory is older than they are', async () => {
    await open();
    const old = createCatalogueCache(world.shop.db, { maxAgeMs: 60_000, now: () => world.shop.world.now });
    await old.read(BRAND, () => ({}));
    await world.put('new', shopAt(0));
    await world.walk('p-new', [at(0)]);
    const [enter] = world.behind.events;
    if (!enter) throw new Error('no event');
    const late = { ...enter, detail: { ...enter.detail, SampleTime: new Date(world.shop.world.now).toISOString() } };
    await take(late, { ...world.runtime, catalogue: old });
    await world.settle();
    expect(world.words('p-new')).toEqual(['enter new', 'enter new']);
  });
});
