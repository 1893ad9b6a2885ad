import { isSensitive } from '#core/decide/sensitive.ts';
import type { Campaign } from '#core/model/campaign.ts';
import type { Place, Screen } from '#core/model/place.ts';
import type { Segment } from '#core/model/segment.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { type CatalogueMeta, getMeta, metaOf, parseEntry } from './catalogue.ts';
import type { Database } from './client.ts';
import { ConflictError } from './conflict.ts';
import { type CatalogueKind, catalogueKeys, type Tenant } from './keys.ts';
import { readMarks } from './place-base.ts';
import { createPlaces, type PlaceBook, type Places, readMarked } from './places.ts';
import { batchGet, type Found, queryAll, type Wanted } from './read.ts';

/** A screen, and whose it is: the brand's own or a venue's. */
export type OwnedScreen = Screen & { owner: Tenant };

/** A brand's catalogue at one version, in memory: its own places and screens and those of its venues. */
export type Snapshot = {
  brand: string;
  meta: CatalogueMeta;
  /** Version of each tenant that this was read at. */
  versions: ReadonlyMap<string, number>;
  places: Places;
  /** Places with a sensitive tag. */
  taggedPlaces: readonly Place[];
  /** The brand's and its venues': one does not stand for another of the same id. */
  sensitivePlaces: readonly SensitivePlace[];
  screens: ReadonlyMap<string, OwnedScreen>;
  /** Screen by the id of a tag that is mounted at it. */
  tags: ReadonlyMap<string, OwnedScreen>;
  segments: ReadonlyMap<string, Segment>;
  campaigns: readonly Campaign[];
};

export type CatalogueCache = {
  /** The catalogue, and with it the items that `wantedOf` names once it has seen the catalogue. */
  read: (
    brand: string,
    wantedOf: (snapshot: Snapshot) => Wanted | Promise<Wanted>,
  ) => Promise<{ snapshot: Snapshot; found: Found }>;
};

/** Brands held in memory by one process; the least recently loaded goes first. */
const MAX_SNAPSHOTS = 50;
/** A catalogue that changes faster than it can be read is being imported: the queue's retry waits for that. */
const MAX_TRIES = 6;
const EXCEPT_PLACES = (['campaign', 'screen', 'segment', 'sensitive-place'] satisfies CatalogueKind[]).map(
  (kind) => `${kind}#`,
);

/**
 * The catalogue as the hot path reads it: from memory. Whether it still holds is asked in the same BatchGetItem that
 * loads whatever else is needed, so that freshness costs half a read unit and no round trip; within `maxAgeMs` of the
 * last answer it is not asked at all.
 */
export function createCatalogueCache(db: Database, options: { maxAgeMs: number; now: () => number }): CatalogueCache {
  const held = new Map<string, { snapshot: Snapshot; checkedAt: number }>();

  async function current(brand: string): Promise<{ snapshot: Snapshot; checkedAt: number }> {
    const entry = held.get(brand);
    if (entry) return entry;
    const loaded = { checkedAt: options.now(), snapshot: await loadSnapshot(db, brand) };
    held.set(brand, loaded);
    const oldest = held.keys().next().value;
    if (held.size > MAX_SNAPSHOTS && oldest !== undefined) held.delete(oldest);
    return loaded;
  }

  return {
    async read(brand, wantedOf) {
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const entry = await current(brand);
        const { snapshot } = entry;
        const young = options.now() - entry.checkedAt < options.maxAgeMs;
        const checks = young ? [] : tenantsOf(snapshot).map(catalogueKeys.meta);
        const found = await batchGet(db, { ...(await wantedOf(snapshot)), catalogue: checks });
        if (checks.every((key) => metaOf(found.get('catalogue', key)).version === snapshot.versions.get(key.pk))) {
          if (!young) entry.checkedAt = options.now();
          return { snapshot, found };
        }
        held.delete(brand);
      }
      throw new ConflictError('the catalogue changed too often');
    },
  };
}

function tenantsOf({ brand, meta }: Pick<Snapshot, 'brand' | 'meta'>): Tenant[] {
  return [{ kind: 'brand', id: brand }, ...meta.venues.map((id): Tenant => ({ kind: 'venue', id }))];
}

/** Versions are read before entries: what is written in between belongs to a newer version, which the next check sees. */
async function loadSnapshot(db: Database, brand: string): Promise<Snapshot> {
  const own = await loadTenant(db, { kind: 'brand', id: brand });
  const venues = await Promise.all(own.meta.venues.map((id) => loadTenant(db, { kind: 'venue', id })));
  const tenants = [own, ...venues];
  // What the API has accepted was parsed by its schema before it was stored.
  const allOf = (kind: CatalogueKind) =>
    // Venues first, so that a brand's own entry wins over a venue's of the same id.
    tenants
      .toReversed()
      .flatMap(({ tenant, entries }) =>
        entries.filter((entry) => entry.kind === kind).map(({ id, body }) => ({ id, body, owner: tenant })),
      );
  const ofKind = <T>(kind: CatalogueKind) => new Map(allOf(kind).map(({ id, body }) => [id, body as T]));
  const screens = new Map(allOf('screen').map(({ id, body, owner }) => [id, { ...(body as Screen), owner }]));
  const tags = [...screens.values()].flatMap((screen) => screen.tagIds.map((tagId) => [tagId, screen] as const));
  const places = createPlaces(
    db,
    tenants.map(({ book }) => book),
  );
  const tagged = await places.some(tenants.flatMap(({ taggedIds }) => taggedIds));
  return {
    brand,
    meta: own.meta,
    versions: new Map(tenants.map(({ tenant, meta }) => [catalogueKeys.partition(tenant), meta.version])),
    places,
    taggedPlaces: [...tagged.values()].filter(isSensitive),
    sensitivePlaces: allOf('sensitive-place').map(({ body }) => body as SensitivePlace),
    screens,
    tags: new Map(tags),
    segments: ofKind<Segment>('segment'),
    campaigns: [...ofKind<Campaign>('campaign').values()],
  };
}

type LoadedTenant = {
  tenant: Tenant;
  meta: CatalogueMeta;
  entries: LoadedEntry[];
  book: PlaceBook;
  /** Places that may have a sensitive tag. */
  taggedIds: string[];
};
type LoadedEntry = ReturnType<typeof parseEntry<unknown>>;

async function loadTenant(db: Database, tenant: Tenant): Promise<LoadedTenant> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const meta = await getMeta(db, tenant);
    const { placeBase: base } = meta;
    const { marks, taggedIds } = base ? await readMarks(db, tenant) : { marks: [], taggedIds: [] };
    const entries = await loadEntries(db, tenant, base ? EXCEPT_PLACES : ['']);
    const known = base ? await readMarked(db, tenant, marks) : placesAmong(entries);
    // Marks are cleared once a newer base stands: those that were read are all only if it does not.
    if (base && (await getMeta(db, tenant)).placeBase?.manifest !== base.manifest) continue;
    const tagged = [...known].flatMap(([placeId, place]) => (place && isSensitive(place) ? [placeId] : []));
    return { tenant, meta, entries, book: { tenant, known, base }, taggedIds: [...taggedIds, ...tagged] };
  }
  throw new ConflictError('the catalogue changed too often');
}

const placesAmong = (entries: readonly LoadedEntry[]): Map<string, Place> =>
  new Map(entries.filter(({ kind }) => kind === 'place').map(({ id, body }) => [id, body as Place]));

/** Consistent: entries of before the version that was read would be held until the next change of the catalogue. */
async function loadEntries(db: Database, tenant: Tenant, prefixes: readonly string[]): Promise<LoadedEntry[]> {
  const entries: LoadedEntry[] = [];
  for (const skPrefix of prefixes) {
    const where = { pk: catalogueKeys.partition(tenant), skPrefix, consistent: true };
    for await (const { sk, body } of queryAll<{ sk: string; body?: string }>(db, 'catalogue', where)) {
      if (body !== undefined) entries.push(parseEntry<unknown>({ sk, body }));
    }
  }
  return entries;
}
