import { isDeepStrictEqual } from 'node:util';
import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Consent, Identifier, PersonInput } from '#core/model/person.ts';
import { type ConsentLedger, foldConsents } from '#core/people/consent.ts';
import type { Database } from './client.ts';
import { peopleKeys } from './keys.ts';
import { changeProfile, mayRegroup, regroup } from './links.ts';
import { changeOf, IdentifierTakenError, personOf, type StoredPerson } from './people.ts';
import { batchGet } from './read.ts';
import { type Admission, ErasedError, erasureCheck, findTombstones, type Subject } from './tombstones.ts';

/** People read at a time: DynamoDB's own limit for one BatchGetItem. */
const BATCH = 100;
/** DynamoDB's limits for one transaction are 100 items and 4 MB. */
const MAX_WRITES = 100;
const MAX_WRITE_BYTES = 3 * 2 ** 20;
/** Batches under way at once: what a table of its own takes, and what fits the memory of a small function. */
const CONCURRENCY = 8;

/**
 * Somebody who comes in, and as what: asked with how they are at that moment, and again when that has changed. Undefined
 * leaves them as they are.
 */
export type Arrival = { personId: string; change: (before: StoredPerson | undefined) => PersonInput | undefined };
export type Outcome = 'imported' | 'unchanged' | { taken: Identifier } | { erased: Subject };

/**
 * Brings many people in, as `putPerson` would one by one and with the same rows, but several in each transaction. Of two
 * who claim one identifier the first gets it; nobody's is taken away. Who was erased stays away, whatever the file says
 * that they agreed to. Whoever is as they were costs no write.
 *
 * @param arrivals each person once
 */
export async function importPeople(
  db: Database,
  brand: string,
  { linkSecret, now }: Admission,
  arrivals: readonly Arrival[],
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const context: Context = { db, brand, linkSecret, now, outcomes, claims: new Map(), later: [] };
  const batches = Array.from({ length: Math.ceil(arrivals.length / BATCH) }, (_, index) =>
    arrivals.slice(index * BATCH, (index + 1) * BATCH),
  );
  for (let first = 0; first < batches.length; first += CONCURRENCY) {
    const group = batches.slice(first, first + CONCURRENCY);
    const read = await Promise.all(group.map((batch) => readBatch(context, batch)));
    // Claims are made in the order of the file, so that who is first does not depend on which answer came first.
    const ready = read.map((batch) => batch.filter((coming) => claim(context, coming)));
    await Promise.all(ready.map((batch) => writeBatch(context, batch)));
  }
  // Those who are in somebody's way, or were changed meanwhile: one by one, in order.
  const order = new Map(arrivals.map(({ personId }, index) => [personId, index]));
  const position = ({ personId }: Arrival) => order.get(personId) ?? 0;
  for (const arrival of context.later.sort((left, right) => position(left) - position(right))) {
    await bringAlone(context, arrival);
  }
  return outcomes;
}

type Context = {
  db: Database;
  brand: string;
  linkSecret: string;
  now: number;
  outcomes: Map<string, Outcome>;
  /** Who in this import has claimed an identifier. */
  claims: Map<string, string>;
  later: Arrival[];
};
type Coming = { arrival: Arrival; input: PersonInput; before: StoredPerson | undefined; writes: TransactWriteItem[] };

/** Those of a batch whom there is something to write of. */
async function readBatch(context: Context, batch: readonly Arrival[]): Promise<Coming[]> {
  const { db, brand, linkSecret, outcomes } = context;
  const keys = batch.map(({ personId }) => peopleKeys.person(brand, personId));
  const found = await batchGet(db, { people: keys });
  const coming: Coming[] = [];
  for (const [index, arrival] of batch.entries()) {
    const item = found.get('people', keys[index] as (typeof keys)[number]);
    const before = item && personOf(item);
    const input = arrival.change(before);
    if (!input || (before && isUnchanged(before, input))) outcomes.set(arrival.personId, 'unchanged');
    else coming.push({ arrival, input, before, writes: writesOf(context, arrival, before, input) });
  }
  const gone = new Set(
    (await findTombstones(db, brand, linkSecret, coming.flatMap(newSubjects))).map(({ subject }) => nameOf(subject)),
  );
  return coming.filter(({ arrival, ...one }) => {
    const erased = newSubjects({ arrival, ...one }).find((subject) => gone.has(nameOf(subject)));
    if (erased) outcomes.set(arrival.personId, { erased });
    return !erased;
  });
}

/** What `putPerson` writes; of somebody new also that they have not been erased, and not since they were looked for. */
function writesOf(
  { db, brand, linkSecret, now }: Context,
  { personId }: Arrival,
  before: StoredPerson | undefined,
  input: PersonInput,
): TransactWriteItem[] {
  const { writes } = changeOf(db, brand, personId, before, input, now);
  return before ? writes : [...writes, erasureCheck(db, brand, linkSecret, { personId, agreedAt: 0 })];
}

/** What nobody has asked the tombstones about: somebody new, and every handle that is new with them. */
function newSubjects({ arrival: { personId }, before, input }: Omit<Coming, 'writes'>): Subject[] {
  const held = new Set(before?.person.identifiers.map(nameOf));
  const fresh = input.identifiers.filter((identifier) => !held.has(nameOf(identifier)));
  return before ? fresh : [{ personId }, ...fresh];
}

const nameOf = (subject: Subject): string =>
  'personId' in subject ? `person/${subject.personId}` : `identifier/${subject.kind}/${subject.value}`;

/** Whether every row of the change is this person's alone in this import; who is in the way waits. */
function claim({ claims, later }: Context, { arrival, before, input }: Coming): boolean {
  const names = [...input.identifiers, ...(before?.person.identifiers ?? [])].map(nameOf);
  if (names.some((name) => (claims.get(name) ?? arrival.personId) !== arrival.personId)) {
    later.push(arrival);
    return false;
  }
  for (const name of names) claims.set(name, arrival.personId);
  return true;
}

async function writeBatch(context: Context, batch: readonly Coming[]): Promise<void> {
  for (const transaction of packed(batch)) await writeTogether(context, transaction);
}

/** As many people as fit, in order, into each transaction. */
function packed(batch: readonly Coming[]): Coming[][] {
  const transactions: Coming[][] = [];
  let [writes, bytes] = [Number.POSITIVE_INFINITY, 0];
  for (const coming of batch) {
    const size = JSON.stringify(coming.writes).length;
    if (writes + coming.writes.length > MAX_WRITES || bytes + size > MAX_WRITE_BYTES) {
      transactions.push([]);
      [writes, bytes] = [0, 0];
    }
    transactions.at(-1)?.push(coming);
    writes += coming.writes.length;
    bytes += size;
  }
  return transactions;
}

/** All of them in one transaction; whoever makes it fail waits, and the others are written without them. */
async function writeTogether({ db, brand, outcomes, later }: Context, transaction: readonly Coming[]): Promise<void> {
  let left = transaction;
  while (left.length > 0) {
    try {
      await db.client.send(new TransactWriteItemsCommand({ TransactItems: left.flatMap(({ writes }) => writes) }));
      for (const { arrival } of left) outcomes.set(arrival.personId, 'imported');
      for (const { arrival, before, input } of left)
        if (mayRegroup(before, input)) await regroup(db, brand, arrival.personId);
      return;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const failed = failedOf(left, error);
      later.push(
        ...(failed.size > 0 ? left.filter((coming) => failed.has(coming)) : left).map(({ arrival }) => arrival),
      );
      left = failed.size > 0 ? left.filter((coming) => !failed.has(coming)) : [];
    }
  }
}

/** Whose conditions did not hold; nobody's, when another transaction was in the way. */
function failedOf(
  transaction: readonly Coming[],
  { CancellationReasons = [] }: TransactionCanceledException,
): Set<Coming> {
  const owners = transaction.flatMap((coming) => coming.writes.map(() => coming));
  return new Set(owners.filter((_, index) => CancellationReasons[index]?.Code === 'ConditionalCheckFailed'));
}

/** By itself, as PUT would: looked at again, because somebody else has written something meanwhile. */
async function bringAlone(context: Context, arrival: Arrival): Promise<void> {
  const { db, brand, linkSecret, outcomes, now } = context;
  const { personId, change } = arrival;
  const [coming] = await readBatch(context, [arrival]);
  if (!coming) return;
  let input: PersonInput | undefined;
  try {
    await changeProfile(
      db,
      brand,
      personId,
      (before) => {
        input = change(before);
        return input;
      },
      { linkSecret, now },
    );
    outcomes.set(personId, 'imported');
  } catch (error) {
    if (error instanceof ErasedError) outcomes.set(personId, { erased: error.subject });
    else if (error instanceof IdentifierTakenError)
      outcomes.set(personId, { taken: input?.identifiers[error.index] as Identifier });
    else throw error;
  }
}

/** Whether writing it would change nothing: neither who they are nor what holds, nor what is known of how it came about. */
function isUnchanged({ person, standing }: StoredPerson, { identifiers, attributes, consents }: PersonInput): boolean {
  return (
    isDeepStrictEqual(person.identifiers, identifiers) &&
    isDeepStrictEqual(person.attributes, attributes) &&
    consents.every((consent) => isKnown(standing.consents, consent))
  );
}

/** Whether it is what holds; or a grant of the very moment of a withdrawal, which never held. */
const isKnown = (ledger: ConsentLedger, consent: Consent): boolean =>
  Object.entries(foldConsents({}, [consent])).every(([key, { granted, at }]) => {
    const held = ledger[key];
    return held !== undefined && held.at === at && (held.granted === granted || !held.granted);
  });
