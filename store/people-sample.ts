import type { Person } from '#core/model/person.ts';
import { foldProfiles } from '#core/people/fold.ts';
import type { Database } from './client.ts';
import { peopleKeys } from './keys.ts';
import { LIST_SHARDS, listedPersonId, personOf, type StoredPerson } from './people.ts';
import { batchGet, type Page, queryPage } from './read.ts';

/** DynamoDB's own limit for one BatchGetItem. */
const BATCH = 100;

/** Some of a brand's people, as chance has it, and the share of the list (0 to 1) that they are all of. */
export type PeopleSample = { covered: number; people: Person[] };

/**
 * The people at the beginning of each shard of the list: a random sample, because the list lies by a digest of the id,
 * and the same one each time, so that two rules are compared on the same people. All of them where no shard has more
 * rows than that. Whoever has several profiles is in it with the first of them, or not at all.
 */
export async function samplePeople(db: Database, brand: string, rowsPerShard: number): Promise<PeopleSample> {
  const shards = await Promise.all(
    Array.from({ length: LIST_SHARDS }, async (_, shard) => {
      const { pk } = peopleKeys.listed(brand, shard, '');
      return await queryPage<Row>(db, 'people', { pk, skPrefix: '' }, { limit: rowsPerShard });
    }),
  );
  const { covered, rows } = stretch(shards);
  const people = await Promise.all(rows.map((some) => firstProfiles(db, brand, some)));
  return { covered, people: people.flat() };
}

type Row = { sk: string };

/**
 * The rows of all shards up to where the densest of them was read to. The row at which it ends is left out: of a stretch
 * that was chosen to end at somebody, they are no chance, and with them every estimate would be too high.
 */
function stretch(shards: readonly Page<Row>[]): { covered: number; rows: Row[][] } {
  const ends = shards.flatMap(({ items, cursor }) => (cursor === undefined ? [] : (items.at(-1) ?? [])));
  const covered = Math.min(1, ...ends.map(positionOf));
  return {
    covered,
    rows: shards.map(({ items }) => items.filter((row) => covered === 1 || positionOf(row) < covered)),
  };
}

/** Where in the list a row is, from 0 to 1. */
const positionOf = ({ sk }: Row): number => (Number.parseInt(sk.slice(0, 8), 16) + 0.5) / 2 ** 32;

/** Those of the rows that are first profiles, each folded with the others of its person: two reads for a hundred. */
async function firstProfiles(db: Database, brand: string, rows: readonly Row[]): Promise<Person[]> {
  const people: Person[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    const ids = rows.slice(start, start + BATCH).map(({ sk }) => listedPersonId(sk));
    const firsts = [...(await profilesOf(db, brand, ids)).values()].filter(isFirst);
    const others = await profilesOf(db, brand, firsts.flatMap(othersOf));
    for (const profile of firsts) {
      const rest = othersOf(profile).flatMap((id) => others.get(id) ?? []);
      people.push(foldProfiles(profile, rest).person);
    }
  }
  return people;
}

async function profilesOf(db: Database, brand: string, ids: readonly string[]): Promise<Map<string, StoredPerson>> {
  const keys = ids.map((id) => peopleKeys.person(brand, id));
  const found = await batchGet(db, { people: keys });
  return new Map(
    keys.flatMap((key) => {
      const item = found.get('people', key);
      const profile = item && personOf(item);
      return profile ? [[profile.person.personId, profile] as const] : [];
    }),
  );
}

const othersOf = ({ person: { personId, profiles = [] } }: StoredPerson): string[] =>
  profiles.filter((id) => id !== personId);

/** Whether a profile is the first of its person's: the one that stands for them in a count. */
const isFirst = ({ person: { personId, profiles } }: StoredPerson): boolean => !profiles || profiles[0] === personId;
