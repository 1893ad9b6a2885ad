import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { openPlaceIndex } from '#core/geo/place-index.ts';
import type { Tenant } from '#store/keys.ts';
import type { PlaceBase } from '#store/place-base.ts';
import { once } from './environment.ts';
import { type Objects, processObjects } from './objects.ts';

const NamesSchema = z.record(z.string(), z.string());

/**
 * A tenant's many places as files (ADR 19). All are named by what is in them, so a change makes new files beside the old, and
 * a process that has read this manifest goes on with its own.
 */
export const ManifestSchema = z.object({
  /** Of each tile (`core/geo/cells/tiles.ts`) that has places, the key of the file: `packPlaces`. */
  tiles: NamesSchema,
  /** By `shardOf` a place's id, the key of the file that says which tiles each place is in: `DirectorySchema`. */
  directory: NamesSchema,
  /** Files that this manifest has replaced, and when (epoch milliseconds): some process may still read them. */
  replaced: z.record(z.string(), z.number()),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** Of places by their ids, the tiles that each is in. */
export const DirectorySchema = z.record(z.string(), z.array(z.number()));

/** One of 256, so that a change reads and writes little of the directory. */
export const shardOf = (placeId: string): string => createHash('sha256').update(placeId).digest('hex').slice(0, 2);

/** A file that must be there is not: lost, or replaced long ago. */
export class MissingFileError extends Error {
  override name = 'MissingFileError';
}

export async function readJson<S extends z.ZodMiniType>(objects: Objects, key: string, schema: S): Promise<z.infer<S>> {
  return z.parse(schema, JSON.parse(Buffer.from(await readFile(objects, key)).toString()));
}

export async function readFile(objects: Objects, key: string): Promise<ArrayBuffer> {
  const bytes = await objects.get(key);
  if (!bytes) throw new MissingFileError('a file of places is missing');
  return bytes;
}

export const placeFileKey = ({ kind, id }: Tenant, name: string): string => `places/${kind}/${id}/${name}`;

type OpenTile = ReturnType<typeof openPlaceIndex>;
export type PlaceFiles = {
  /** The tiles that there are, of those asked for. @throws MissingFileError */
  open: (base: PlaceBase, tiles: readonly number[]) => Promise<OpenTile[]>;
};

/** Of tiles in memory; with the places that were read of them it may be three times as much. */
const MAX_TILE_BYTES = 96 * 1024 * 1024;
const MAX_MANIFESTS = 20;

/** Tiles as they are asked for, and kept while they fit: of a name there is only one content. */
export function createPlaceFiles(objects: Objects, maxTileBytes = MAX_TILE_BYTES): PlaceFiles {
  const manifests = keeping<Manifest>({
    most: MAX_MANIFESTS,
    weigh: () => 1,
    load: (key) => readJson(objects, key, ManifestSchema),
  });
  const tiles = keeping<OpenTile>({
    most: maxTileBytes,
    weigh: ({ byteLength }) => byteLength,
    load: async (key) => openPlaceIndex(await readFile(objects, key)),
  });
  return {
    async open(base, wanted) {
      const { tiles: keyOf } = await manifests(base.manifest);
      return Promise.all(wanted.flatMap((tile) => keyOf[tile] ?? []).map(tiles));
    },
  };
}

export const processPlaceFiles = once(() => createPlaceFiles(processObjects()));

type Kept<T> = { value: Promise<T>; weight: number };

/** The least recently used go first, but for the last one asked for; what failed is tried again. */
function keeping<T>({
  most,
  weigh,
  load,
}: {
  most: number;
  weigh: (value: T) => number;
  load: (key: string) => Promise<T>;
}): (key: string) => Promise<T> {
  const held = new Map<string, Kept<T>>();
  let total = 0;
  const drop = (key: string): void => {
    total -= held.get(key)?.weight ?? 0;
    held.delete(key);
  };
  const settle = (kept: Kept<T>, weight: number): void => {
    kept.weight = weight;
    total += weight;
    for (const oldest of held.keys()) {
      if (total <= most || held.size === 1) break;
      drop(oldest);
    }
  };
  return (key) => {
    const known = held.get(key);
    const kept = known ?? { value: load(key), weight: 0 };
    held.delete(key);
    held.set(key, kept);
    if (!known) {
      kept.value.then(
        (value) => settle(kept, weigh(value)),
        () => drop(key),
      );
    }
    return kept.value;
  };
}
