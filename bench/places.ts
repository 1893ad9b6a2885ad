import { S3Client } from '@aws-sdk/client-s3';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import type { Place } from '#core/model/place.ts';
import { buildPlaces } from '#functions/build-places/build.ts';
import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import { placesAround } from '#functions/locate/places.ts';
import type { Objects } from '#functions/shared/objects.ts';
import { createPlaceFiles } from '#functions/shared/place-files.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { openObjects } from '#functions/shared/s3-objects.ts';
import { BUCKET, startQueues } from '#local/host/queues.ts';
import { putEntries, putEntry } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { countCapacity, type Meter } from './capacity.ts';
import { openLoaded } from './database.ts';
import { type Points, world } from './geofence/data.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';

const BRAND = 'harbour';
const TENANT: Tenant = { kind: 'brand', id: BRAND };
const PLACES = 60_000;
const CHECKED = 2000;
const ROUNDS = 15;
const SEED = 20_261_123;
const AT_ONCE = 5000;

/**
 * `npm run bench -- places`: a brand of 60,000 places. What a new process has to read before it can say where a phone is,
 * from the catalogue and from files by tile; how a change gets to it; what bringing the files up to date costs.
 */
export async function places(): Promise<BenchResult> {
  const { fences, points } = world(PLACES, CHECKED, SEED);
  const all = fences.map((fence): Place => ({ ...fence, ...SHOP, name: `Shop ${fence.placeId}` }));
  const { db, client, stop } = await openLoaded((loading) => fill(loading, all));
  const s3 = await startQueues(':memory:');
  const meter = countCapacity(client);
  try {
    const bucket = counted(openObjects(new S3Client({ endpoint: s3.url, forcePathStyle: true }), BUCKET));
    const runtime = runtimeOf(db);
    const told = (text: string) => process.stderr.write(`  ${text}\n`);
    told('without files');
    const without = await coldStarts({ runtime, meter, bucket, points, rounds: 3 });
    told('building all');
    const first = await measured(meter, bucket, () => buildPlaces({ tenant: TENANT }, runtime, { objects: bucket }));
    told('with files');
    const withFiles = await coldStarts({ runtime, meter, bucket, points, rounds: ROUNDS });
    const mismatches = await compare(runtime, bucket, all, points);
    told('a place moves');
    const moved = await afterMove({ runtime, meter, bucket, places: all });
    return {
      name: 'places',
      machine: machine(),
      rows: [
        { what: 'a new process, from the catalogue', ...without },
        { what: 'a new process, from files', ...withFiles },
        { what: 'the files of all places', ...first },
        { what: 'a process sees that a place has moved', ...moved.seen },
        { what: 'the files again, of two tiles', ...moved.merged },
      ],
      headline: {
        coldMs: withFiles.ms,
        coldRatio: rounded(without.ms / withFiles.ms),
        coldReadUnits: withFiles.readUnits,
        coldUnitsRatio: rounded(without.readUnits / withFiles.readUnits),
        changeSeenMs: moved.seen.ms,
        mergeMs: moved.merged.ms,
        buildSeconds: rounded(first.ms / 1000),
        mismatches,
      },
    };
  } finally {
    await s3.stop();
    await stop();
  }
}

const SHOP: Omit<Place, 'placeId' | 'geometry' | 'radiusM' | 'name'> = {
  timeZone: 'Asia/Shanghai',
  tags: ['store', 'open-late'],
  detection: 'confirmed',
  openingHours: { mon: '09:00-21:00', sat: '10:00-22:00' },
};

async function fill(db: Database, all: readonly Place[]): Promise<void> {
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const part = all.slice(start, start + AT_ONCE);
    await putEntries(
      db,
      TENANT,
      'place',
      part.map((body) => ({ id: body.placeId, body })),
    );
    process.stderr.write(`  ${start + part.length} places written\n`);
  }
}

type Bucket = Objects & { counts: { gets: number; puts: number; bytes: number } };

function counted({ get, put, remove }: Objects): Bucket {
  const counts = { gets: 0, puts: 0, bytes: 0 };
  return {
    counts,
    async get(key) {
      const bytes = await get(key);
      counts.gets += 1;
      counts.bytes += bytes?.byteLength ?? 0;
      return bytes;
    },
    async put(key, bytes) {
      counts.puts += 1;
      counts.bytes += bytes.byteLength;
      await put(key, bytes);
    },
    remove,
  };
}

type Figures = { ms: number; readUnits: number; writeUnits: number; gets: number; puts: number; kb: number };

async function measured(meter: Meter, { counts }: Bucket, work: () => Promise<unknown>): Promise<Figures> {
  meter.reset();
  Object.assign(counts, { gets: 0, puts: 0, bytes: 0 });
  const began = performance.now();
  await work();
  const ms = rounded(performance.now() - began);
  const sum = (kind: string): number =>
    rounded(meter.rows().reduce((total, row) => total + (row.kind === kind ? row.units : 0), 0));
  const { gets, puts, bytes } = counts;
  return { ms, readUnits: sum('read'), writeUnits: sum('write'), gets, puts, kb: Math.round(bytes / 1000) };
}

/** A process that has nothing yet asks what is round one point. */
async function ask({ runtime, bucket }: { runtime: Runtime; bucket: Bucket }, lng: number, lat: number) {
  const catalogue = createCatalogueCache(runtime.db, { maxAgeMs: 0, now: Date.now });
  const { snapshot } = await catalogue.read(BRAND, () => ({}));
  const index = await placesAround(
    runtime,
    { snapshot, points: [{ lng, lat, withinM: 100 }] },
    createPlaceFiles(bucket),
  );
  return index.containing(lng, lat);
}

async function coldStarts(args: {
  runtime: Runtime;
  meter: Meter;
  bucket: Bucket;
  points: Points;
  rounds: number;
}): Promise<Figures> {
  const { meter, bucket, points } = args;
  const rounds: Figures[] = [];
  for (let i = 0; i < args.rounds; i += 1) {
    const [lng = 0, lat = 0] = points.subarray(i * 2);
    rounds.push(await measured(meter, bucket, () => ask(args, lng, lat)));
  }
  const of = (figure: keyof Figures): number => rounded(median(rounds.map((round) => round[figure])));
  return {
    ms: of('ms'),
    readUnits: of('readUnits'),
    writeUnits: of('writeUnits'),
    gets: of('gets'),
    puts: of('puts'),
    kb: of('kb'),
  };
}

/** Points of which files and an index of all places say different things. */
async function compare(runtime: Runtime, bucket: Bucket, all: readonly Place[], points: Points): Promise<number> {
  const { snapshot } = await createCatalogueCache(runtime.db, { maxAgeMs: 0, now: Date.now }).read(BRAND, () => ({}));
  const files = createPlaceFiles(bucket);
  const whole = createPlaceIndex(all);
  const ids = (found: readonly Place[]): string => found.map(({ placeId }) => placeId).join();
  let mismatches = 0;
  for (let i = 0; i < points.length; i += 2) {
    const [lng = 0, lat = 0] = points.subarray(i);
    const index = await placesAround(runtime, { snapshot, points: [{ lng, lat, withinM: 100 }] }, files);
    if (ids(index.containing(lng, lat)) !== ids(whole.containing(lng, lat))) mismatches += 1;
  }
  return mismatches;
}

async function afterMove(args: { runtime: Runtime; meter: Meter; bucket: Bucket; places: readonly Place[] }) {
  const { runtime, meter, bucket, places: all } = args;
  const circles = all.filter(({ geometry }) => geometry.type === 'Point');
  const [from, { geometry }] = [circles[0] as Place, circles.at(-1) as Place];
  await putEntry(runtime.db, TENANT, 'place', { id: from.placeId, body: { ...from, geometry } });
  const [lng = 0, lat = 0] = geometry.coordinates as number[];
  const seen = await measured(meter, bucket, async () => {
    const found = await ask(args, lng, lat);
    if (!found.some(({ placeId }) => placeId === from.placeId)) throw new Error('a place that moved was not seen');
  });
  const merged = await measured(meter, bucket, () => buildPlaces({ tenant: TENANT }, runtime, { objects: bucket }));
  return { seen, merged };
}

function runtimeOf(db: Database): Runtime {
  return {
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: 0, now: Date.now }),
    leases: createLeaseHand(),
    channels: [],
    now: Date.now,
    random: Math.random,
    sleep: async () => {},
    secret: async (name) => name,
    send: async () => {},
    sendToDeadLetters: async () => {},
    requireEnv: (name) => name,
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
