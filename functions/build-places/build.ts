import { isSensitive } from '#core/decide/sensitive.ts';
import { tilesOfPlace } from '#core/geo/cells/tiles.ts';
import type { Place } from '#core/model/place.ts';
import { allEntries, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { clearMarks, putTagged, readMarks, replaceBase } from '#store/place-base.ts';
import { readMarked } from '#store/places.ts';
import type { Objects } from '../shared/objects.ts';
import { type Manifest, ManifestSchema, MissingFileError, readJson } from '../shared/place-files.ts';
import type { Runtime } from '../shared/runtime.ts';
import { type Built, filesOf } from './files.ts';
import type { BuildPlaces } from './message.ts';

/** So many places a process reads from the catalogue in a few pages, and has indexed in a moment. */
const MAX_IN_MEMORY = 2_000;
/** By then every process has noticed that a file was replaced (`CATALOGUE_MAX_AGE_SECONDS`), and what it had begun is done. */
const KEPT_MS = 120_000;

type Ways = {
  objects: Objects;
  /** A tenant gets files when it has had more places than these. */
  maxInMemory?: number | undefined;
};

const NOTHING: Manifest = { tiles: {}, directory: {}, replaced: {} };

/**
 * Brings a tenant's files of places up to what its places are now: only tiles where a marked place was or is are built
 * again. It may die anywhere, and run twice at the same time: files are named by what is in them, the new manifest counts
 * from one conditional write on, and marks go only after that, and only if nobody has set them again.
 */
export async function buildPlaces(message: BuildPlaces, runtime: Runtime, ways: Ways): Promise<void> {
  try {
    await build(message, runtime, ways);
  } catch (error) {
    if (!(error instanceof MissingFileError)) throw error;
    await build({ ...message, all: true }, runtime, ways);
  }
}

async function build(
  { tenant, all }: BuildPlaces,
  { db, now }: Runtime,
  { objects, maxInMemory = MAX_IN_MEMORY }: Ways,
): Promise<void> {
  const { placeBase: was } = await getMeta(db, tenant);
  const { marks, taggedIds } = await readMarks(db, tenant);
  if (!all && (marks.length === 0 || (!was && marks.length <= maxInMemory))) return;
  const isNew = all || !was;
  const before = isNew ? NOTHING : await readJson(objects, was.manifest, ManifestSchema);
  const changed = isNew ? await everyPlace(db, tenant) : await readMarked(db, tenant, marks);
  const files = filesOf(objects, tenant);
  const tilesNow = new Map([...changed].map(([placeId, place]) => [placeId, place ? tilesOfPlace(place) : []]));
  const places = byTile(changed, tilesNow, await files.tilesOf(before, changed.keys()));
  const built = {
    tiles: withChanges(before.tiles, await files.buildTiles(before, places, changed)),
    directory: withChanges(before.directory, await files.buildDirectory(before, tilesNow)),
  };
  const { replaced, dead } = replacedFiles(built, was ? { ...before, key: was.manifest } : undefined, now());
  const base = { manifest: await files.putJson({ ...built, replaced } satisfies Manifest) };
  await putTagged(db, tenant, [...new Set([...(isNew ? [] : taggedIds), ...taggedAmong(changed)])]);
  if (!(await replaceBase(db, tenant, { base, was }))) return;
  await clearMarks(db, tenant, marks);
  await objects.remove(dead);
}

async function everyPlace(db: Database, tenant: Tenant): Promise<Map<string, Place | null>> {
  const places = await allEntries<Place>(db, tenant, 'place');
  return new Map(places.map((place) => [place.placeId, place]));
}

const taggedAmong = (places: ReadonlyMap<string, Place | null>): string[] =>
  [...places].flatMap(([placeId, place]) => (place && isSensitive(place) ? [placeId] : []));

/** Every tile that a changed place was in or is in, and those of the places that are in it now. */
function byTile(
  changed: ReadonlyMap<string, Place | null>,
  tilesNow: ReadonlyMap<string, readonly number[]>,
  tilesBefore: ReadonlyMap<string, readonly number[]>,
): Map<number, Place[]> {
  const places = new Map([...tilesBefore.values()].flat().map((tile): [number, Place[]] => [tile, []]));
  for (const [placeId, place] of changed) {
    for (const tile of tilesNow.get(placeId) ?? []) {
      const inTile = places.get(tile) ?? [];
      if (place) inTile.push(place);
      places.set(tile, inTile);
    }
  }
  return places;
}

function withChanges(before: Record<string, string>, built: Built): Record<string, string> {
  const after = new Map<string, string | undefined>([...Object.entries(before), ...built]);
  return Object.fromEntries([...after].filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Files that nothing refers to any more: for a while somebody may still read them, then they are dead. */
function replacedFiles(
  built: Pick<Manifest, 'tiles' | 'directory'>,
  before: (Manifest & { key: string }) | undefined,
  now: number,
): { replaced: Record<string, number>; dead: string[] } {
  if (!before) return { replaced: {}, dead: [] };
  const live = new Set([...Object.values(built.tiles), ...Object.values(built.directory)]);
  const then = [before.key, ...Object.values(before.tiles), ...Object.values(before.directory)];
  const known = new Map([...then.map((key) => [key, now] as const), ...Object.entries(before.replaced)]);
  const gone = [...known].filter(([key]) => !live.has(key));
  return {
    replaced: Object.fromEntries(gone.filter(([, at]) => now - at < KEPT_MS)),
    dead: gone.filter(([, at]) => now - at >= KEPT_MS).map(([key]) => key),
  };
}
