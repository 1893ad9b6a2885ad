import type { Place } from '#core/model/place.ts';
import { parseEntry } from './catalogue.ts';
import type { Database, Key } from './client.ts';
import { catalogueKeys, type Tenant } from './keys.ts';
import type { PlaceBase } from './place-base.ts';
import { batchGet, type Found } from './read.ts';

/** Places read one by one that are kept for the next question. */
const MAX_FETCHED = 5_000;

/** One tenant's places at one version: all of them in memory, or a base and in memory what has changed since. */
export type PlaceBook = {
  tenant: Tenant;
  /** Null: gone. */
  known: ReadonlyMap<string, Place | null>;
  base?: PlaceBase | undefined;
};

/** The places of a brand and of its venues. A brand's own place wins over a venue's of the same id. */
export type Places = {
  /** The brand's first. */
  books: readonly PlaceBook[];
  /** Those of the ids that are places', of all books or of these. Without a base nothing is read. */
  some: (placeIds: Iterable<string>, of?: readonly PlaceBook[]) => Promise<ReadonlyMap<string, Place>>;
  /** All of them, where no book has a base. */
  inMemory: ReadonlyMap<string, Place> | undefined;
};

export function createPlaces(db: Database, books: readonly PlaceBook[]): Places {
  const inMemory = books.some(({ base }) => base) ? undefined : merged(books);
  const fetched = new Map<PlaceBook, Map<string, Place | null>>();

  /** The place; null where there is none; the book that has to be asked first. */
  function lookUp(placeId: string, of: readonly PlaceBook[]): Place | null | { ask: PlaceBook } {
    for (const book of of) {
      const place = book.known.get(placeId) ?? (book.known.has(placeId) ? null : fetched.get(book)?.get(placeId));
      if (place) return place;
      if (place === undefined && book.base) return { ask: book };
    }
    return null;
  }

  async function fetchFrom(asked: ReadonlyMap<PlaceBook, string[]>): Promise<void> {
    const keyOf = (book: PlaceBook, placeId: string) => catalogueKeys.entry(book.tenant, 'place', placeId);
    const keys = [...asked].flatMap(([book, placeIds]) => placeIds.map((placeId) => keyOf(book, placeId)));
    const found = await batchGet(db, { catalogue: keys });
    for (const [book, placeIds] of asked) {
      const before = fetched.get(book);
      const kept = before && before.size < MAX_FETCHED ? before : new Map<string, Place | null>();
      fetched.set(book, kept);
      for (const placeId of placeIds) {
        kept.set(placeId, placeAt(found, keyOf(book, placeId)));
      }
    }
  }

  return {
    books,
    inMemory,
    async some(placeIds, of = books) {
      const places = new Map<string, Place>();
      let open = [...new Set(placeIds)];
      while (open.length > 0) {
        const asked = new Map<PlaceBook, string[]>();
        for (const placeId of open) {
          const place = lookUp(placeId, of);
          if (place && 'ask' in place) asked.set(place.ask, [...(asked.get(place.ask) ?? []), placeId]);
          else if (place) places.set(placeId, place);
        }
        if (asked.size > 0) await fetchFrom(asked);
        open = [...asked.values()].flat();
      }
      return places;
    },
  };
}

/** Places as they are now; null: gone. */
export async function readMarked(
  db: Database,
  tenant: Tenant,
  marks: readonly { placeId: string }[],
): Promise<Map<string, Place | null>> {
  const keyOf = (placeId: string) => catalogueKeys.entry(tenant, 'place', placeId);
  const found = await batchGet(db, { catalogue: marks.map(({ placeId }) => keyOf(placeId)) }, { consistent: true });
  return new Map(marks.map(({ placeId }) => [placeId, placeAt(found, keyOf(placeId))]));
}

function placeAt(found: Found, key: Key): Place | null {
  const stored = found.get('catalogue', key) as { sk: string; body: string } | undefined;
  return stored ? parseEntry<Place>(stored).body : null;
}

function merged(books: readonly PlaceBook[]): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { known } of books.toReversed()) {
    for (const [placeId, place] of known) if (place) places.set(placeId, place);
  }
  return places;
}
