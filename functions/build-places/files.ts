import { createHash } from 'node:crypto';
import { openPlaceIndex, packPlaces } from '#core/geo/place-index.ts';
import type { Place } from '#core/model/place.ts';
import type { Tenant } from '#store/keys.ts';
import type { Objects } from '../shared/objects.ts';
import { DirectorySchema, type Manifest, placeFileKey, readFile, readJson, shardOf } from '../shared/place-files.ts';

/** Files under way at a time. */
const AT_ONCE = 16;

/** Keys of files by tile or by shard; undefined: there is none any more. */
export type Built = Map<string, string | undefined>;

/** A tenant's files of places, as they are made. */
export function filesOf(objects: Objects, tenant: Tenant) {
  async function put(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const key = placeFileKey(tenant, createHash('sha256').update(bytes).digest('base64url'));
    await objects.put(key, bytes);
    return key;
  }
  const readDirectory = async (key: string | undefined) =>
    new Map(key === undefined ? [] : Object.entries(await readJson(objects, key, DirectorySchema)));

  return {
    putJson: (value: unknown) => put(new Uint8Array(Buffer.from(JSON.stringify(value)))),

    /** In which tiles of the last manifest these places are. */
    async tilesOf({ directory }: Manifest, placeIds: Iterable<string>): Promise<Map<string, number[]>> {
      const byShard = Map.groupBy(placeIds, shardOf);
      const found = await inParallel(byShard, async ([shard, ids]) => {
        const tilesOf = await readDirectory(directory[shard]);
        return ids.map((placeId) => [placeId, tilesOf.get(placeId) ?? []] as const);
      });
      return new Map(found.flat());
    },

    /** Each of these tiles again: what was in it and has not changed, and what belongs there now. */
    async buildTiles(
      before: Manifest,
      tiles: ReadonlyMap<number, readonly Place[]>,
      changed: ReadonlyMap<string, unknown>,
    ): Promise<Built> {
      const built = await inParallel(tiles, async ([tile, added]) => {
        const key = before.tiles[tile];
        const inTile = key === undefined ? [] : openPlaceIndex(await readFile(objects, key)).all();
        const places = [...inTile.filter(({ placeId }) => !changed.has(placeId)), ...added];
        // In one order, so that the same places are the same file.
        places.sort((a, b) => (a.placeId < b.placeId ? -1 : 1));
        return [String(tile), places.length === 0 ? undefined : await put(new Uint8Array(packPlaces(places)))] as const;
      });
      return new Map(built);
    },

    /** Where the changed places are now. */
    async buildDirectory(before: Manifest, tilesOf: ReadonlyMap<string, readonly number[]>): Promise<Built> {
      const byShard = Map.groupBy(tilesOf, ([placeId]) => shardOf(placeId));
      const built = await inParallel(byShard, async ([shard, changed]) => {
        const directory = await readDirectory(before.directory[shard]);
        for (const [placeId, tiles] of changed) {
          if (tiles.length > 0) directory.set(placeId, [...tiles]);
          else directory.delete(placeId);
        }
        const text = JSON.stringify(Object.fromEntries([...directory].sort()));
        return [shard, directory.size === 0 ? undefined : await put(new Uint8Array(Buffer.from(text)))] as const;
      });
      return new Map(built);
    },
  };
}

async function inParallel<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items].entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
