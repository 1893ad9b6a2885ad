import { S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { startFauxqs } from 'fauxqs';
import { describe, expect, it } from 'vitest';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import type { Place } from '#core/model/place.ts';
import { buildPlaces } from '#functions/build-places/build.ts';
import { placesAround } from '#functions/locate/places.ts';
import type { Objects } from '#functions/shared/objects.ts';
import { createPlaceFiles, ManifestSchema, readJson } from '#functions/shared/place-files.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { openObjects } from '#functions/shared/s3-objects.ts';
import { allEntries, deleteEntry, getMeta, putEntries, putEntry, putMeta } from '#store/catalogue.ts';
import type { Tenant } from '#store/keys.ts';
import { readMarks } from '#store/place-base.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { BRAND, openShop } from '#test/store/shop.ts';
import { aPlace } from '#test/support/builders.ts';
import { openBucket } from '#test/support/objects.ts';

const OWN: Tenant = { kind: 'brand', id: BRAND };
const VENUE: Tenant = { kind: 'venue', id: 'mall' };

/** Places in a grid of some 300 m, over three tiles or more. */
const placeAt = (placeId: string, east: number, north: number, more: Partial<Place> = {}): Place =>
  ({
    placeId,
    ...aPlace(),
    tags: [],
    detection: 'confirmed',
    geometry: { type: 'Point', coordinates: [121.2 + east * 0.003, 31.2 + north * 0.003] },
    radiusM: 80,
    ...more,
  }) as Place;
const grid = (count: number): Place[] =>
  Array.from({ length: count }, (_, i) => placeAt(`p${i}`, i % 120, Math.floor(i / 120)));

async function openWorld(bucket = openBucket(), objects: Objects = bucket.objects) {
  const shop = await openShop();
  await deleteEntry(shop.db, OWN, 'place', 's1');
  const sent: unknown[] = [];
  const runtime: Runtime = {
    ...shop.process(),
    send: async (queue, messages) => {
      if (queue === 'snapshots') sent.push(...messages.map(({ body }) => body));
    },
  };
  const put = (place: Place, tenant = OWN) => putEntry(shop.db, tenant, 'place', { id: place.placeId, body: place });
  /** What a process of its own sees of a point and its surroundings. */
  async function seen({ lng, lat, withinM = 400 }: { lng: number; lat: number; withinM?: number }) {
    const catalogue = createCatalogueCache(shop.db, { maxAgeMs: 0, now: runtime.now });
    const { snapshot } = await catalogue.read(BRAND, () => ({}));
    const point = { lng, lat, withinM };
    const index = await placesAround(runtime, { snapshot, points: [point] }, createPlaceFiles(objects));
    return {
      containing: index.containing(lng, lat),
      near: index.near(lng, lat, withinM),
      base: snapshot.places.books[0]?.base?.manifest,
      snapshot,
    };
  }
  return {
    ...shop,
    runtime,
    bucket,
    sent,
    put,
    putMany: (places: readonly Place[], tenant = OWN) =>
      putEntries(
        shop.db,
        tenant,
        'place',
        places.map((body) => ({ id: body.placeId, body })),
      ),
    remove: (placeId: string, tenant = OWN) => deleteEntry(shop.db, tenant, 'place', placeId),
    build: (maxInMemory = 0, tenant = OWN, through: Objects = objects) =>
      buildPlaces({ tenant }, runtime, { objects: through, maxInMemory }),
    marks: async (tenant = OWN) => (await readMarks(shop.db, tenant)).marks.map(({ placeId }) => placeId).sort(),
    manifest: async (tenant = OWN) => {
      const { placeBase } = await getMeta(shop.db, tenant);
      return placeBase && (await readJson(objects, placeBase.manifest, ManifestSchema));
    },
    seen,
  };
}
type World = Awaited<ReturnType<typeof openWorld>>;

/** What an index made in one go from the catalogue says. */
async function expectAsInMemory(world: World, points: readonly { lng: number; lat: number }[]): Promise<void> {
  const index = createPlaceIndex(await allEntries<Place>(world.db, OWN, 'place'));
  for (const { lng, lat } of points) {
    const { containing, near } = await world.seen({ lng, lat });
    expect(containing).toEqual(index.containing(lng, lat));
    expect(near).toEqual(index.near(lng, lat, 400));
  }
}
const somewhere = fc.record({ east: fc.integer({ min: 0, max: 119 }), north: fc.integer({ min: 0, max: 9 }) });
const positionOf = ({ east, north }: { east: number; north: number }) => ({
  lng: 121.2 + east * 0.003 + 0.0005,
  lat: 31.2 + north * 0.003,
});

describe('files of places', () => {
  it('are not made of few, which a process reads from the catalogue', async () => {
    const world = await openWorld();
    await world.putMany(grid(50));
    await world.build(2000);
    expect(world.bucket.files.size).toBe(0);
    expect((await world.seen(positionOf({ east: 3, north: 0 }))).base).toBeUndefined();
  });

  it('tell the same as an index of all places, and are read where they are asked', async () => {
    const world = await openWorld();
    await world.putMany([...grid(1200), placeAt('region', 60, 5, { radiusM: 90_000 })]);
    await world.build();
    expect(await world.marks()).toEqual([]);
    expect(Object.keys((await world.manifest())?.tiles ?? {}).length).toBeGreaterThan(3);
    await expectAsInMemory(world, fc.sample(somewhere, { numRuns: 30, seed: 1 }).map(positionOf));
    world.bucket.counts.get = 0;
    const { containing } = await world.seen(positionOf({ east: 3, north: 0 }));
    expect(containing.map(({ placeId }) => placeId)).toEqual(['p3', 'region']);
    // The manifest, the tile of large places, and the one that is asked.
    expect(world.bucket.counts.get).toBe(3);
  });

  it('and what has changed since are together what a new build is, however they came about', async () => {
    const change = fc.oneof(
      fc.record({
        what: fc.constant('put' as const),
        i: fc.nat(30),
        at: somewhere,
        radiusM: fc.constantFrom(80, 900, 30_000),
      }),
      fc.record({ what: fc.constant('remove' as const), i: fc.nat(30) }),
      fc.record({ what: fc.constant('build' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 12 }),
        fc.array(somewhere, { minLength: 3, maxLength: 3 }),
        async (changes, points) => {
          const world = await openWorld();
          await world.putMany(grid(30).map((place, i) => ({ ...place, ...placeAt(place.placeId, i * 4, i % 9) })));
          await world.build();
          for (const one of changes) {
            if (one.what === 'put')
              await world.put(placeAt(`p${one.i}`, one.at.east, one.at.north, { radiusM: one.radiusM }));
            else if (one.what === 'remove') await world.remove(`p${one.i}`);
            else await world.build();
            const at = one.what === 'put' ? [positionOf(one.at)] : [];
            await expectAsInMemory(world, [...at, ...points.map(positionOf)]);
          }
          await world.build();
          expect(await world.marks()).toEqual([]);
          const { tiles, directory } = (await world.manifest()) ?? {};
          await buildPlaces({ tenant: OWN, all: true }, world.runtime, { objects: world.bucket.objects });
          expect(await world.manifest()).toMatchObject({ tiles, directory });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are made again only where a place was or is', async () => {
    const world = await openWorld();
    await world.putMany(grid(1200));
    await world.build();
    const before = await world.manifest();
    world.bucket.counts.put = 0;
    await world.put(placeAt('p7', 100, 3));
    await world.build();
    const after = await world.manifest();
    const changed = Object.keys(after?.tiles ?? {}).filter((tile) => after?.tiles[tile] !== before?.tiles[tile]);
    expect(changed).toHaveLength(2);
    // Two tiles, one part of the directory, the manifest.
    expect(world.bucket.counts.put).toBe(4);
  });

  it('are kept while they fit, and read again when they do not', async () => {
    const world = await openWorld();
    await world.putMany(grid(1200));
    await world.build();
    const { snapshot } = await world.seen(positionOf({ east: 3, north: 0 }));
    const reads = async (maxTileBytes: number | undefined, easts: readonly number[]) => {
      const files = createPlaceFiles(world.bucket.objects, maxTileBytes);
      world.bucket.counts.get = 0;
      for (const east of easts) {
        const point = { ...positionOf({ east, north: 0 }), withinM: 100 };
        const index = await placesAround(world.runtime, { snapshot, points: [point] }, files);
        expect(index.containing(point.lng, point.lat).map(({ placeId }) => placeId)).toEqual([`p${east}`]);
      }
      return world.bucket.counts.get;
    };
    // The manifest, and two tiles in turns.
    expect(await reads(undefined, [3, 110, 3, 110])).toBe(3);
    expect(await reads(1, [3, 110, 3, 110])).toBe(5);
  });

  it('show a place that moves to whoever asks next, before they are made again', async () => {
    const world = await openWorld();
    await world.putMany(grid(1200));
    await world.build();
    const [there, here] = [positionOf({ east: 7, north: 0 }), { lng: 121.2 + 150 * 0.003, lat: 31.2 }];
    expect((await world.seen(there)).containing.map(({ placeId }) => placeId)).toEqual(['p7']);
    await world.put(placeAt('p7', 150, 0));
    expect(await world.marks()).toEqual(['p7']);
    expect((await world.seen(there)).containing).toEqual([]);
    expect((await world.seen(here)).containing.map(({ placeId }) => placeId)).toEqual(['p7']);
    await world.remove('p7');
    expect((await world.seen(here)).containing).toEqual([]);
  });
});

describe('a build of files', () => {
  /** Fails at the nth thing that is asked of the bucket or the database, and at everything after it. */
  function dyingAfter(world: World, steps: number): Objects {
    let left = steps;
    const live =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        left -= 1;
        if (left < 0) throw new Error('killed');
        return await work(...args);
      };
    world.world.wire = async (_, carryOut) => await live(carryOut)();
    const { get, put, remove } = world.bucket.objects;
    return { get: live(get), put: live(put), remove: live(remove) };
  }

  it('may die anywhere: what is seen is right, and the next one completes it', async () => {
    const world = await openWorld();
    await world.putMany(grid(240));
    await world.build();
    const points = [positionOf({ east: 7, north: 0 }), positionOf({ east: 110, north: 1 })];
    let died = 0;
    for (let steps = 0; ; steps += 1) {
      await world.put(placeAt('p7', steps % 2 === 0 ? 110 : 7, steps % 2 === 0 ? 1 : 0));
      const objects = dyingAfter(world, steps);
      const outcome = await world.build(0, OWN, objects).then(
        () => 'done',
        () => 'died',
      );
      world.world.wire = undefined;
      await expectAsInMemory(world, points);
      if (outcome === 'done') break;
      died += 1;
    }
    expect(died).toBeGreaterThan(10);
    await world.build();
    expect(await world.marks()).toEqual([]);
    await expectAsInMemory(world, points);
  });

  it('leaves what changes while it runs for the next one', async () => {
    const world = await openWorld();
    await world.putMany(grid(240));
    await world.build();
    await world.put(placeAt('p7', 110, 1));
    const { put } = world.bucket.objects;
    let isChanged = false;
    const objects: Objects = {
      ...world.bucket.objects,
      async put(key, bytes) {
        if (!isChanged) await world.put(placeAt('p7', 60, 1));
        isChanged = true;
        await put(key, bytes);
      },
    };
    await world.build(0, OWN, objects);
    expect(await world.marks()).toEqual(['p7']);
    await expectAsInMemory(world, [positionOf({ east: 110, north: 1 }), positionOf({ east: 60, north: 1 })]);
    await world.build();
    expect(await world.marks()).toEqual([]);
    await expectAsInMemory(world, [positionOf({ east: 110, north: 1 }), positionOf({ east: 60, north: 1 })]);
  });

  it('that another has overtaken changes nothing', async () => {
    const world = await openWorld();
    await world.putMany(grid(240));
    await world.build();
    await world.put(placeAt('p7', 110, 1));
    const { put } = world.bucket.objects;
    let isOvertaken = false;
    const objects: Objects = {
      ...world.bucket.objects,
      async put(key, bytes) {
        await put(key, bytes);
        if (isOvertaken) return;
        isOvertaken = true;
        await world.put(placeAt('p8', 90, 1));
        await world.build();
      },
    };
    await world.build(0, OWN, objects);
    expect(await world.marks()).toEqual([]);
    await expectAsInMemory(world, [positionOf({ east: 110, north: 1 }), positionOf({ east: 90, north: 1 })]);
  });

  it('takes away what was replaced, once nobody can still be reading it', async () => {
    const world = await openWorld();
    await world.putMany(grid(240));
    await world.build();
    const first = new Set(world.bucket.files.keys());
    await world.put(placeAt('p7', 110, 1));
    await world.build();
    expect([...first].every((key) => world.bucket.files.has(key))).toBe(true);
    world.world.now += 150_000;
    await world.put(placeAt('p7', 7, 0));
    await world.build();
    const live = (await world.manifest()) ?? { tiles: {}, directory: {}, replaced: {} };
    world.world.now += 150_000;
    await world.put(placeAt('p9', 9, 0, { name: 'Another name' }));
    await world.build();
    expect(Object.keys(live.replaced).filter((key) => world.bucket.files.has(key))).toEqual([]);
    await expectAsInMemory(world, [positionOf({ east: 7, north: 0 }), positionOf({ east: 110, north: 1 })]);
  });

  it('is asked for when a file is lost, and makes all of them again', async () => {
    const world = await openWorld();
    await world.putMany(grid(240));
    await world.build();
    world.bucket.files.clear();
    const point = positionOf({ east: 7, north: 0 });
    await expect(world.seen(point)).rejects.toThrow('the files of places are made again');
    expect(world.sent).toEqual([{ tenant: OWN, all: true }]);
    await buildPlaces({ tenant: OWN, all: true }, world.runtime, { objects: world.bucket.objects });
    await expectAsInMemory(world, [point]);
    world.bucket.files.clear();
    await world.put(placeAt('p8', 90, 1));
    await world.build();
    await expectAsInMemory(world, [point]);
  });
});

describe('places of several tenants, with files', () => {
  it.each([
    ['the brand', OWN],
    ['the venue', VENUE],
    ['both', undefined],
  ])('of %s: a brand’s own place hides a venue’s of the same id', async (_, only) => {
    const world = await openWorld();
    await putMeta(world.db, OWN, { timeZone: 'Asia/Shanghai', venues: ['mall'] });
    await world.putMany(grid(120));
    await world.putMany([placeAt('p5', 50, 50), placeAt('lobby', 51, 50), placeAt('p6', 6, 0)], VENUE);
    for (const tenant of only ? [only] : [OWN, VENUE]) await world.build(0, tenant);
    const inVenue = await world.seen(positionOf({ east: 50, north: 50 }));
    expect(inVenue.near.map(({ place }) => place.placeId)).toEqual(['lobby']);
    expect((await world.seen(positionOf({ east: 6, north: 0 }))).containing.map(({ placeId }) => placeId)).toEqual([
      'p6',
    ]);
    const some = await inVenue.snapshot.places.some(['p5', 'lobby', 'nowhere']);
    expect([...some.keys()].sort()).toEqual(['lobby', 'p5']);
    expect(some.get('p5')?.geometry.coordinates).toEqual(placeAt('p5', 5, 0).geometry.coordinates);
    // The brand closes its own: the venue's is there then.
    await world.remove('p5');
    const names = (await world.seen(positionOf({ east: 50, north: 50 }))).near.map(({ place }) => place.placeId);
    expect(names.sort()).toEqual(['lobby', 'p5']);
  });

  it('hide where somebody is at a place with a sensitive tag', async () => {
    const world = await openWorld();
    await world.putMany([...grid(120), placeAt('ward', 20, 20, { tags: ['clinic'] })]);
    await world.build();
    const { snapshot } = await world.seen(positionOf({ east: 20, north: 20 }));
    expect(snapshot.taggedPlaces.map(({ placeId }) => placeId)).toEqual(['ward']);
    await world.put(placeAt('ward', 20, 20));
    expect((await world.seen(positionOf({ east: 20, north: 20 }))).snapshot.taggedPlaces).toEqual([]);
  });
});

it('a bucket of S3 keeps, gives back and takes away files', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('beckon');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const endpoint = `http://127.0.0.1:${server.port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const objects = openObjects(client, 'beckon');
  const world = await openWorld(openBucket(), objects);
  await world.putMany(grid(240));
  await world.build();
  await expectAsInMemory(world, [positionOf({ east: 7, north: 0 })]);
  expect(await objects.get('places/brand/harbour/nothing')).toBeUndefined();
  const { tiles = {} } = (await world.manifest()) ?? {};
  await objects.remove([...Object.values(tiles), 'places/brand/harbour/nothing']);
  await expect(world.seen(positionOf({ east: 7, north: 0 }))).rejects.toThrow('made again');
  client.destroy();
  await server.stop();
});
