import {
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { PastOffer, Standing } from '#core/decide/facts.ts';
import { digestId, unitInterval } from '#core/hash.ts';
import type { AttributeValue, Consent, Identifier, Person, PersonInput } from '#core/model/person.ts';
import { type ConsentLedger, type ConsentScope, foldConsents, withoutEmailProofs } from '#core/people/consent.ts';
import { foldProfiles } from '#core/people/fold.ts';
import { behaviourOf, storedBehaviour } from './behaviour.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import { ConflictError } from './conflict.ts';
import { peopleKeys } from './keys.ts';
import { BadCursorError, batchGet, type Page, type PageRequest, queryAll, queryMerged, queryPage } from './read.ts';
import { type Admission, erasureCheck, noteReturn, tombstonesLeft } from './tombstones.ts';

export const LIST_SHARDS = 16;
const MAX_TRIES = 6;
/** The person and their line in the list come first in the transaction; then the identifiers, which may be taken. */
const PERSON_WRITES = 2;

/** The identifier at `index` belongs to somebody else; merging two people is a decision, not a side effect. */
export class IdentifierTakenError extends Error {
  override name = 'IdentifierTakenError';
  readonly index: number;
  constructor(index: number) {
    super('the identifier belongs to another person');
    this.index = index;
  }
}

/** `updatedAt`: when the profile was last put, epoch milliseconds. */
export type StoredPerson = { person: Person; standing: Standing; updatedAt?: number | undefined };

/** Whose handle this is, or undefined. */
export async function findPersonId(db: Database, brand: string, identifier: Identifier): Promise<string | undefined> {
  const output = await db.client.send(
    new GetItemCommand({ TableName: db.table('people'), Key: toKey(peopleKeys.identifier(brand, identifier)) }),
  );
  return output.Item?.personId?.S;
}

/** The person whose profile this is, folded of all their profiles as they are now. */
export async function getPerson(db: Database, brand: string, personId: string): Promise<StoredPerson | undefined> {
  const profile = await getProfile(db, brand, personId);
  return profile && (await withOthers(db, brand, profile));
}

/** One profile by itself: what a change starts from. */
async function getProfile(db: Database, brand: string, personId: string): Promise<StoredPerson | undefined> {
  const key = peopleKeys.person(brand, personId);
  const found = await batchGet(db, { people: [key] });
  const item = found.get('people', key);
  return item && personOf(item);
}

/** The person of a profile: one read more where there are others, none where it is alone. */
export async function withOthers(db: Database, brand: string, profile: StoredPerson): Promise<StoredPerson> {
  const { personId, profiles = [] } = profile.person;
  const keys = profiles.filter((id) => id !== personId).map((id) => peopleKeys.person(brand, id));
  if (keys.length === 0) return profile;
  const found = await batchGet(db, { people: keys });
  const others = keys.flatMap((key) => {
    const item = found.get('people', key);
    const other = item && personOf(item);
    // One that has been let go of since the profile was read is no longer part of them.
    return other?.person.profiles?.includes(personId) ? [other] : [];
  });
  return foldProfiles(profile, others);
}

/** A profile from its item: who they are, and what holds for them. */
export function personOf(item: Item): StoredPerson {
  return {
    person: {
      personId: item.personId as string,
      identifiers: item.identifiers as Identifier[],
      attributes: item.attributes as Record<string, AttributeValue>,
      ...(Array.isArray(item.group) && { profiles: item.group as string[] }),
      behaviour: behaviourOf(item),
      receivedAt: (item.pastOffers as StoredOffer[]).map(({ t }) => t),
    },
    standing: {
      version: item.version as number,
      consents: item.consents as ConsentLedger,
      pastOffers: (item.pastOffers as StoredOffer[]).map(({ c, t, p }) => ({
        campaignId: c,
        at: t,
        ...(p !== undefined && { placeId: p }),
      })),
    },
    updatedAt: item.updatedAt as number | undefined,
  };
}

/** A past offer as it lies in the person's item: short names, because it is read with every signal. */
type StoredOffer = { c: string; t: number; p?: string };
export const storedOffers = (pastOffers: readonly PastOffer[]): StoredOffer[] =>
  pastOffers.map(({ campaignId, at, placeId }) => ({
    c: campaignId,
    t: at,
    ...(placeId !== undefined && { p: placeId }),
  }));

/**
 * Creates or replaces a person: identifiers and attributes are replaced, consents are added to what was ever said.
 * One transaction, so that no identifier points at a person who does not have it.
 * @throws IdentifierTakenError
 */
export async function putPerson(
  db: Database,
  brand: string,
  personId: string,
  input: PersonInput,
  admission?: Admission,
): Promise<StoredPerson> {
  // What is always a change is always written.
  return (await changePerson(db, brand, personId, () => input, admission)) as StoredPerson;
}

/**
 * The same of somebody as they are at that moment, so that nothing which another has written meanwhile is lost. `change`
 * may be asked again; undefined leaves them as they are.
 * @param admission asks whether they, or a handle of theirs, were erased: what speaks for people must
 * @throws IdentifierTakenError, ErasedError
 */
export async function changePerson(
  db: Database,
  brand: string,
  personId: string,
  change: (before: StoredPerson | undefined) => PersonInput | undefined,
  admission?: Admission,
): Promise<StoredPerson | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = await getProfile(db, brand, personId);
    const input = change(before);
    if (!input) return before;
    const { after, writes } = changeOf(db, brand, personId, before, input, admission?.now);
    const readmission = admission && (await readmissionOf(db, brand, admission, after));
    try {
      await db.client.send(
        new TransactWriteItemsCommand({
          TransactItems: [...writes, ...(before || !readmission ? [] : [readmission.check])],
        }),
      );
      await readmission?.note();
      return after;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const taken = (error.CancellationReasons ?? [])
        .slice(PERSON_WRITES)
        .findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
      if (taken >= 0 && taken < input.identifiers.length) throw new IdentifierTakenError(taken);
      // Somebody else changed this person meanwhile: look again.
      await db.sleep(10 * 2 ** attempt);
    }
  }
  throw new ConflictError('a person changed too often to be written');
}

/** Somebody as a change leaves them, and what it writes: the person, their line in the list, then the identifiers. */
export function changeOf(
  db: Database,
  brand: string,
  personId: string,
  before: StoredPerson | undefined,
  input: PersonInput,
  now?: number,
): { after: StoredPerson; writes: TransactWriteItem[] } {
  const after: StoredPerson = {
    person: {
      personId,
      identifiers: input.identifiers,
      attributes: input.attributes,
      profiles: before?.person.profiles,
      behaviour: before?.person.behaviour,
    },
    standing: {
      version: (before?.standing.version ?? 0) + 1,
      consents: foldConsents(heldConsents(before, input.identifiers), input.consents),
      pastOffers: before?.standing.pastOffers ?? [],
    },
    updatedAt: now ?? before?.updatedAt,
  };
  const writes = [...personWrites(db, brand, before, after), ...consentWrites(db, brand, personId, input.consents)];
  return { after, writes };
}

/** What held of somebody, as it holds of them with these handles. */
function heldConsents(before: StoredPerson | undefined, identifiers: readonly Identifier[]): ConsentLedger {
  const emailsOf = (some: readonly Identifier[]) =>
    some.flatMap(({ kind, value }) => (kind === 'email' ? [value] : []));
  const [was, is] = [emailsOf(before?.person.identifiers ?? []), emailsOf(identifiers)];
  const { consents = {} } = before?.standing ?? {};
  const isSame = was.length === 0 || (was.length === is.length && was.every((address) => is.includes(address)));
  return isSame ? consents : withoutEmailProofs(consents);
}

/**
 * What to write with, and after, somebody who may have been erased before.
 * @throws ErasedError
 */
async function readmissionOf(db: Database, brand: string, admission: Admission, { person, standing }: StoredPerson) {
  const { linkSecret, now } = admission;
  const { personId } = person;
  const grants = Object.values(standing.consents).filter(({ granted }) => granted);
  const agreedAt = Math.max(0, ...grants.map(({ at }) => at));
  const left = await tombstonesLeft(db, brand, admission, {
    subjects: [{ personId }, ...person.identifiers],
    agreedAt,
  });
  return {
    check: erasureCheck(db, brand, linkSecret, { personId, agreedAt }),
    note: async () => {
      for (const tombstone of left) await noteReturn(db, brand, linkSecret, tombstone, now);
    },
  };
}

/** What a withdrawal ends, and the record of who asked for it and how. */
export type Withdrawal = Pick<Consent, 'source' | 'language' | 'proof'> & {
  scopes: readonly ConsentScope[];
  now: number;
};

/**
 * Ends what the scopes name, whatever was said before and whichever clock said it: the withdrawal is later than every
 * grant of any of the person's profiles, and lies with each of them, so that it still holds when they are taken apart.
 * Who the person is stays untouched. False when there is no such person.
 */
export async function withdraw(
  db: Database,
  brand: string,
  personId: string,
  withdrawal: Withdrawal,
): Promise<boolean> {
  const whole = await getPerson(db, brand, personId);
  if (!whole) return false;
  const { person, standing } = whole;
  const now = Math.max(withdrawal.now, ...Object.values(standing.consents).map(({ at }) => at + 1));
  let isThere = false;
  for (const id of new Set([personId, ...(person.profiles ?? [])])) {
    if (await withdrawOf(db, brand, id, { ...withdrawal, now })) isThere = true;
  }
  return isThere;
}

/** The withdrawal of one profile. False when there is no such profile. */
async function withdrawOf(
  db: Database,
  brand: string,
  personId: string,
  { scopes, now, ...said }: Withdrawal,
): Promise<boolean> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = await getProfile(db, brand, personId);
    if (!before) return false;
    const { standing } = before;
    const latest = Math.max(now, ...Object.values(standing.consents).map(({ at }) => at + 1));
    const at = new Date(latest).toISOString();
    const records = scopes.map((scope): Consent => ({ ...scope, granted: false, at, ...said }));
    const after = { ...standing, version: standing.version + 1, consents: foldConsents(standing.consents, records) };
    const TransactItems = [
      personPut(db, brand, { before: standing.version, after: { ...before, standing: after } }),
      ...consentWrites(db, brand, personId, records),
    ];
    try {
      await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
      return true;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      await db.sleep(10 * 2 ** attempt);
    }
  }
  throw new ConflictError('a person changed too often to be written');
}

/** A page of every consent record of all these profiles, newest first. @throws BadCursorError */
export function listConsentRows(
  db: Database,
  brand: string,
  profiles: readonly string[],
  page: PageRequest,
): Promise<Page<Consent>> {
  const partitions = profiles.map((personId) => peopleKeys.person(brand, personId).pk);
  return queryMerged(partitions, page, (pk) =>
    queryPage<Consent & { sk: string }>(db, 'people', { pk, skPrefix: 'CONSENT#', newestFirst: true }, page),
  );
}

/** Whether anything in the history of these profiles has come from this source. */
export async function hasConsentFrom(
  db: Database,
  brand: string,
  profiles: readonly string[],
  source: string,
): Promise<boolean> {
  for (const personId of profiles) {
    const { pk } = peopleKeys.person(brand, personId);
    for await (const row of queryAll<Consent>(db, 'people', { pk, skPrefix: 'CONSENT#' })) {
      if (row.source === source) return true;
    }
  }
  return false;
}

/** Whose row in the list this is: `1f0c99ab.jo` is jo's. */
export const listedPersonId = (sk: string): string => sk.slice(sk.indexOf('.') + 1);

/** A page of a brand's people, in the order of the list; a cursor names the shard and the last row. */
export async function listPeople(db: Database, brand: string, page: PageRequest): Promise<Page<Person>> {
  const [, shardText, cursor] = /^(\d{1,2})\.([\w-]*)$/.exec(page.cursor ?? '0.') ?? [];
  const shard = Number(shardText);
  if (!(shard < LIST_SHARDS)) throw new BadCursorError();
  const { pk } = peopleKeys.listed(brand, shard, '');
  const listed = await queryPage<{ sk: string }>(
    db,
    'people',
    { pk, skPrefix: '' },
    { limit: page.limit, cursor: cursor || undefined },
  );
  const items = await peopleByIds(
    db,
    brand,
    listed.items.map(({ sk }) => listedPersonId(sk)),
  );
  if (listed.cursor !== undefined) return { items, cursor: `${shard}.${listed.cursor}` };
  return shard + 1 < LIST_SHARDS ? { items, cursor: `${shard + 1}.` } : { items };
}

async function peopleByIds(db: Database, brand: string, ids: string[]): Promise<Person[]> {
  const keys = ids.map((id) => peopleKeys.person(brand, id));
  const found = await batchGet(db, { people: keys });
  return keys.flatMap((key) => {
    const item = found.get('people', key);
    return item ? [personOf(item).person] : [];
  });
}

function personWrites(
  db: Database,
  brand: string,
  before: StoredPerson | undefined,
  after: StoredPerson,
): TransactWriteItem[] {
  const TableName = db.table('people');
  const { person } = after;
  const held = new Set(person.identifiers.map(({ kind, value }) => `${kind}/${value}`));
  const dropped = (before?.person.identifiers ?? []).filter(({ kind, value }) => !held.has(`${kind}/${value}`));
  return [
    personPut(db, brand, { before: before?.standing.version, after }),
    {
      Put: { TableName, Item: toItem(peopleKeys.listed(brand, listShard(person.personId), person.personId)) },
    },
    ...person.identifiers.map((identifier) => ({
      Put: {
        TableName,
        Item: toItem({ ...peopleKeys.identifier(brand, identifier), personId: person.personId }),
        ConditionExpression: 'attribute_not_exists(pk) OR personId = :person',
        ExpressionAttributeValues: { ':person': { S: person.personId } },
      },
    })),
    ...dropped.map((identifier) => ({
      Delete: { TableName, Key: toKey(peopleKeys.identifier(brand, identifier)) },
    })),
  ];
}

/** In which part of the list of a brand’s people somebody is. */
export const listShard = (personId: string): number => Math.floor(unitInterval('people-list', personId) * LIST_SHARDS);

function personPut(
  db: Database,
  brand: string,
  { before, after }: { before: number | undefined; after: StoredPerson },
): TransactWriteItem {
  const { person, standing, updatedAt } = after;
  // What is made of other things is not kept.
  const { receivedAt: _, region: __, profiles: group, ...profile } = person;
  const item = {
    ...peopleKeys.person(brand, person.personId),
    entity: 'person',
    ...profile,
    group,
    updatedAt,
    ...standing,
    pastOffers: storedOffers(standing.pastOffers),
    behaviour: person.behaviour && storedBehaviour(person.behaviour),
  };
  return { Put: { TableName: db.table('people'), Item: toItem(item), ...unchanged(before) } };
}

/** Holds only for an item that still has this version, or does not exist yet. */
function unchanged(version: number | undefined) {
  if (!version) return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(version) } },
  };
}

/** The history of consents, keyed by everything that was said: saying it twice changes nothing. */
function consentWrites(
  db: Database,
  brand: string,
  personId: string,
  consents: readonly Consent[],
): TransactWriteItem[] {
  const rows = new Map(
    consents.map((consent) => {
      const said = `${consent.purpose}/${consent.channel}/${consent.granted ? 'granted' : 'withdrawn'}`;
      const { textVersion, language, proof, programme, guardian } = consent;
      const more = [textVersion, language, proof, programme, guardian];
      // What differs in its proof only is another record: neither is written over.
      const what = more.every((field) => field === undefined) ? said : `${said}/${digestId(JSON.stringify(more))}`;
      const key = peopleKeys.consent(brand, personId, consent.at, what);
      return [key.sk, { ...key, entity: 'consent', ...consent }] as const;
    }),
  );
  return [...rows.values()].map((row) => ({ Put: { TableName: db.table('people'), Item: toItem(row) } }));
}
