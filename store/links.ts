import { createHmac } from 'node:crypto';
import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import type { LinkInput } from '#core/model/link.ts';
import type { Identifier, PersonInput } from '#core/model/person.ts';
import { isActive, isStrong, type ProfileEdge, partition } from '#core/people/graph.ts';
import { type Database, type Item, type Key, toItem, toKey } from './client.ts';
import { ConflictError } from './conflict.ts';
import { peopleKeys } from './keys.ts';
import { changeOf, changePerson, findPersonId, personOf, type StoredPerson } from './people.ts';
import { batchGet, queryAll } from './read.ts';
import { type Admission, erasureCheck, findTombstones } from './tombstones.ts';

/** More profiles than this that hang together are no human; and a transaction has room for 100 writes. */
const MAX_PROFILES = 40;
/** Of one profile: a kiosk's own device may be linked to so many logins, and is shared long before. */
export const MAX_LINKS = 60;
/** What is there may have grown beyond it, because a limit is asked from one side: all that one transaction can look at. */
const MAX_CHECKS = 90;
/** Links that lose a handle's value, or get it back, in one transaction beside those checks. */
const RELABELLED = 4;
const MAX_TRIES = 8;

/**
 * Evidence, as it lies at both of its ends: from whose side it is looked at, `personId` is that profile. A handle that its
 * profile does not have any more is there without its value, and the evidence out of force.
 */
export type Link = Omit<LinkInput, 'at'> & {
  linkId: string;
  /** Profiles that had the two handles when it was last said. */
  aProfile: string;
  bProfile: string;
  /** Epoch milliseconds: last said, last taken back. */
  at: number;
  unlinkedAt?: number | undefined;
  unlinkedBy?: string | undefined;
};

export type LinkResult = {
  linkId: string;
  /** Profiles of the person who has `a`. */
  profiles: readonly string[];
  /** `same`: both are handles of one profile. `unlinked`: a later word has taken this one back. */
  state: 'linked' | 'shared' | 'same' | 'unlinked';
};
/** Why a link was not made: nobody has either handle; too much hangs together; somebody was erased. */
export type LinkRefusal = { refused: 'unknown' | 'too-many' | 'erased' };

/** More hangs together than can be taken apart at once: single links of it can be. */
export class TangledError extends Error {
  override name = 'TangledError';
}

const nameOf = ({ kind, value }: Identifier): string => `${kind}/${value}`;

/** The same for the same two handles, evidence and source, whichever is named first. */
const linkIdOf = ({ a, b, evidence, source }: Omit<LinkInput, 'at'>): string =>
  digestId('link', ...[nameOf(a), nameOf(b)].sort(), evidence, source);

/**
 * Says that two handles, already in the spelling that is kept, are one person's. A handle that nobody has becomes a
 * profile of its own, if the other is somebody's. Said twice, it reads and writes no more than it takes to see that.
 */
export async function putLink(
  db: Database,
  brand: string,
  input: Omit<LinkInput, 'at'> & { at: number },
  admission: Admission,
): Promise<LinkResult | LinkRefusal> {
  const linkId = linkIdOf(input);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const ends = await endsOf(db, brand, input, admission);
    if ('refused' in ends) return ends;
    const { a, b, writes } = ends;
    if (a.person.personId === b.person.personId) return { linkId, profiles: profilesOf(a), state: 'same' };
    const world = await readWorld(db, brand, [a, b]);
    if (!world) return { refused: 'too-many' };
    const known = world.links.get(linkId);
    // Said again of handles that others have by now, it is about these; what was said before they had them is not.
    const isSame = known && isBetween(known, a.person.personId, b.person.personId) && namesOf(known) === namesOf(input);
    const holds = known && isActive(known) && isSame;
    if (known && (holds || known.at >= input.at || (known.unlinkedAt ?? 0) >= input.at)) {
      return resultOf(world, known, a);
    }
    const { evidence, source, at } = input;
    const [aProfile, bProfile] = [a.person.personId, b.person.personId];
    const link: Link = { ...known, linkId, a: input.a, b: input.b, evidence, source, aProfile, bProfile, at };
    if (linksOf(world, aProfile) >= MAX_LINKS || linksOf(world, bProfile) >= MAX_LINKS) return { refused: 'too-many' };
    world.links.set(linkId, link);
    const left = [known?.aProfile, known?.bProfile].flatMap((id) =>
      id && id !== aProfile && id !== bProfile ? id : [],
    );
    if (await settle(db, brand, world, { links: [link], writes, left })) return resultOf(world, link, a);
    await db.sleep(10 * 2 ** attempt);
  }
  throw new ConflictError('profiles changed too often to be linked');
}

/**
 * Takes back a link, at a moment: what was said later stays. Undefined when the profile has no such link.
 * @throws ConflictError, TangledError
 */
export async function unlink(
  db: Database,
  brand: string,
  { personId, linkId, at, by }: { personId: string; linkId: string; at: number; by: string },
): Promise<Link | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const [profile] = await readProfiles(db, brand, [personId]);
    if (!profile) return undefined;
    const known = await findLink(db, brand, profilesOf(profile), linkId);
    if (!known || (known.unlinkedAt ?? 0) >= at) return known;
    const ends = await readProfiles(db, brand, [known.aProfile, known.bProfile]);
    // What leads to a tablet says whose the tablet is, and nothing about the person: what else they use is not looked into.
    const weak = ends.find(isWeak);
    const world = await readWorld(db, brand, weak ? [weak] : ends, MAX_CHECKS);
    if (!world) throw new TangledError();
    const link: Link = { ...known, unlinkedAt: at, unlinkedBy: by };
    world.links.set(linkId, link);
    if (await settle(db, brand, world, { links: [link], writes: [] })) return link;
    await db.sleep(10 * 2 ** attempt);
  }
  throw new ConflictError('profiles changed too often to be unlinked');
}

/**
 * Makes the groups around a profile what its handles and links say: after its handles have changed, or it goes.
 * @throws ConflictError
 */
export async function regroup(db: Database, brand: string, personId: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const profiles = await readProfiles(db, brand, [personId]);
    // Of whom too much hangs together nothing is taken for granted: what they are by themselves is theirs.
    const world = (await readWorld(db, brand, profiles, MAX_CHECKS)) ?? worldOf(profiles);
    const links = profiles.flatMap((profile) => relabelled(profile, world));
    for (const link of links) world.links.set(link.linkId, link);
    if (await settle(db, brand, world, { links, writes: [] })) {
      if (links.length < RELABELLED) return;
      attempt = -1;
    } else await db.sleep(10 * 2 ** attempt);
  }
  throw new ConflictError('profiles changed too often to be grouped');
}

/**
 * Links at a profile that name a handle of before, as they are without its value: whoever has the handle next may want it
 * erased. When it comes back, the link's id tells which it was.
 */
function relabelled({ person: { personId, identifiers } }: StoredPerson, { links }: World): Link[] {
  const held = new Set(identifiers.map(nameOf));
  const endOf = (link: Link, end: 'a' | 'b'): Identifier => {
    const handle = link[end];
    if (link[`${end}Profile`] !== personId || held.has(nameOf(handle))) return handle;
    return identifiers.find((own) => linkIdOf({ ...link, [end]: own }) === link.linkId) ?? { ...handle, value: '' };
  };
  const changed = [...links.values()].flatMap((link) => {
    const [a, b] = [endOf(link, 'a'), endOf(link, 'b')];
    return a.value === link.a.value && b.value === link.b.value ? [] : [{ ...link, a, b }];
  });
  return changed.slice(0, RELABELLED);
}

/**
 * `changePerson`, and what other handles mean for who is one person. Whoever is one of several profiles is looked at in any
 * case: a crash may have left what the last change meant undone.
 * @throws IdentifierTakenError, ErasedError, ConflictError
 */
export async function changeProfile(...[db, brand, personId, change, admission]: Parameters<typeof changePerson>) {
  let [before, after]: [StoredPerson | undefined, PersonInput | undefined] = [undefined, undefined];
  const noted: typeof change = (known) => {
    before = known;
    after = change(known);
    return after;
  };
  const changed = await changePerson(db, brand, personId, noted, admission);
  if (after && mayRegroup(before, after)) await regroup(db, brand, personId);
  return changed;
}

/** Whether somebody's new handles may make other people of the profiles that hang together. */
export function mayRegroup(before: StoredPerson | undefined, { identifiers }: PersonInput): boolean {
  if (!before || before.person.profiles) return before !== undefined;
  const held = new Set(before.person.identifiers.map(nameOf));
  return identifiers.some((identifier) => !held.delete(nameOf(identifier))) || held.size > 0;
}

/** All evidence about profiles, each piece once. */
export async function listLinks(db: Database, brand: string, profiles: readonly string[]): Promise<Link[]> {
  const links = new Map<string, Link>();
  for (const personId of profiles) for (const link of await linksAt(db, brand, personId)) links.set(link.linkId, link);
  return [...links.values()].sort((a, b) => b.at - a.at || (a.linkId < b.linkId ? -1 : 1));
}

const namesOf = ({ a, b }: Pick<Link, 'a' | 'b'>): string => [nameOf(a), nameOf(b)].sort().join();

const isBetween = ({ aProfile, bProfile }: Link, one: string, other: string): boolean =>
  (aProfile === one && bProfile === other) || (aProfile === other && bProfile === one);

const profilesOf = ({ person: { personId, profiles } }: StoredPerson): readonly string[] => profiles ?? [personId];

async function findLink(
  db: Database,
  brand: string,
  profiles: readonly string[],
  linkId: string,
): Promise<Link | undefined> {
  const keys = profiles.map((personId) => peopleKeys.link(brand, personId, linkId));
  const found = await batchGet(db, { people: keys }, { consistent: true });
  const item = keys.map((key) => found.get('people', key)).find((one) => one !== undefined);
  return item && linkOf(item);
}

/** Of the profile that a handle gets which is linked before anybody has put it: without our secret it tells nobody which. */
export function handleProfileId(linkSecret: string, brand: string, handle: Identifier): string {
  const hmac = createHmac('sha256', linkSecret).update(`handle-profile/${brand}/${nameOf(handle)}`);
  return `i-${hmac.digest('base64url').slice(0, 22)}`;
}

/** The profiles that have the two handles, one of them perhaps new. */
async function endsOf(
  db: Database,
  brand: string,
  { a, b }: Pick<LinkInput, 'a' | 'b'>,
  admission: Admission,
): Promise<{ a: StoredPerson; b: StoredPerson; writes: TransactWriteItem[] } | LinkRefusal> {
  const owners = await Promise.all([a, b].map((handle) => ownerOf(db, brand, handle)));
  const [ownerA, ownerB] = owners;
  if (ownerA && ownerB) return { a: ownerA, b: ownerB, writes: [] };
  if (!ownerA && !ownerB) return { refused: 'unknown' };
  const handle = ownerA ? b : a;
  const personId = handleProfileId(admission.linkSecret, brand, handle);
  const gone = await findTombstones(db, brand, admission.linkSecret, [{ personId }, handle]);
  if (gone.length > 0) return { refused: 'erased' };
  const input = { identifiers: [handle], attributes: {}, consents: [] };
  const { after, writes } = changeOf(db, brand, personId, undefined, input, admission.now);
  const check = erasureCheck(db, brand, admission.linkSecret, { personId, agreedAt: 0 });
  return { a: ownerA ?? after, b: ownerB ?? after, writes: [...writes, check] };
}

async function ownerOf(db: Database, brand: string, handle: Identifier): Promise<StoredPerson | undefined> {
  const personId = await findPersonId(db, brand, handle);
  const [profile] = personId === undefined ? [] : await readProfiles(db, brand, [personId]);
  // A row may lag behind a profile that has let go of the handle.
  return profile?.person.identifiers.some((own) => nameOf(own) === nameOf(handle)) ? profile : undefined;
}

/** Profiles and links that one more, or one less, may put together otherwise. */
type World = { profiles: Map<string, StoredPerson>; links: Map<string, Link>; settled: readonly ProfileEdge[] };

/**
 * What can change when the links of some profiles do: all that strong links join to them, the weak profiles beside any of
 * these, and, whole but without looking further, whomever those weak ones lead to. Undefined where that is too much.
 */
async function readWorld(
  db: Database,
  brand: string,
  start: readonly StoredPerson[],
  limit = MAX_PROFILES,
): Promise<World | undefined> {
  const world = worldOf(start);
  const opened = new Set<string>();
  let waiting = start.map(({ person }) => person.personId);
  while (waiting.length > 0) {
    const beside = await openAll(db, brand, world, waiting);
    for (const personId of waiting) opened.add(personId);
    if (!(await addProfiles(db, brand, world, { ids: beside.keys(), limit }))) return undefined;
    waiting = [...beside.entries()].flatMap(([personId, isToOpen]) =>
      isToOpen(world) && !opened.has(personId) && world.profiles.has(personId) ? [personId] : [],
    );
  }
  const groups = [...world.profiles.values()].flatMap(profilesOf);
  if (!(await addProfiles(db, brand, world, { ids: groups, limit }))) return undefined;
  return { ...world, settled: settledEdges(world, opened) };
}

const worldOf = (profiles: readonly StoredPerson[]): World => ({
  profiles: new Map(profiles.map((profile) => [profile.person.personId, profile])),
  links: new Map(),
  settled: [],
});

/** Reads the links of some profiles, and tells of each profile at their other ends whether its own are to be read. */
async function openAll(db: Database, brand: string, { profiles, links }: World, waiting: readonly string[]) {
  const beside = new Map<string, (world: World) => boolean>();
  for (const personId of waiting) {
    const isOpenStrong = !isWeak(profiles.get(personId));
    for (const link of await linksAt(db, brand, personId)) {
      if (!isLaterCopy(links.get(link.linkId), link)) links.set(link.linkId, link);
      const other = link.aProfile === personId ? link.bProfile : link.aProfile;
      const joins = isActive(link) && isStrong(link.a) && isStrong(link.b);
      // A weak profile beside a person is looked into; the people on its other side are only asked who they are.
      const before = beside.get(other);
      beside.set(other, (world) => joins || (isOpenStrong && isWeak(world.profiles.get(other))) || !!before?.(world));
    }
  }
  return beside;
}

/** A link whose handles have all moved on may still lie where they were when it was said before. */
const isLaterCopy = (one: Link | undefined, other: Link): boolean => one !== undefined && one.at > other.at;

/** Of whom nobody has looked into the links, what was found out before stands. */
function settledEdges({ profiles }: World, opened: ReadonlySet<string>): ProfileEdge[] {
  const closed = [...profiles.values()].filter(({ person }) => !opened.has(person.personId));
  return closed.flatMap((profile) =>
    profilesOf(profile)
      .filter((other) => other !== profile.person.personId && !opened.has(other))
      .map((to) => ({ from: profile.person.personId, to, isStrong: true })),
  );
}

async function addProfiles(
  db: Database,
  brand: string,
  world: World,
  { ids, limit }: { ids: Iterable<string>; limit: number },
): Promise<boolean> {
  const missing = [...new Set(ids)].filter((id) => !world.profiles.has(id));
  if (world.profiles.size + missing.length > limit) return false;
  for (const profile of await readProfiles(db, brand, missing)) world.profiles.set(profile.person.personId, profile);
  return true;
}

const isWeak = (profile: StoredPerson | undefined): boolean => !profile?.person.identifiers.some(isStrong);

async function readProfiles(db: Database, brand: string, ids: readonly string[]): Promise<StoredPerson[]> {
  if (ids.length === 0) return [];
  const keys = ids.map((id) => peopleKeys.person(brand, id));
  const found = await batchGet(db, { people: keys }, { consistent: true });
  return keys.flatMap((key) => {
    const item = found.get('people', key);
    return item ? [personOf(item)] : [];
  });
}

async function linksAt(db: Database, brand: string, personId: string): Promise<Link[]> {
  const { pk } = peopleKeys.person(brand, personId);
  const links: Link[] = [];
  for await (const item of queryAll<Item>(db, 'people', { pk, skPrefix: 'LINK#', consistent: true })) {
    links.push(linkOf(item));
  }
  return links;
}

const linkOf = ({ pk: _, sk: __, entity: ___, ...link }: Item): Link => link as Link;

const linksOf = ({ links }: World, personId: string): number =>
  [...links.values()].filter(({ aProfile, bProfile }) => aProfile === personId || bProfile === personId).length;

/** `left`: profiles that the link was between before their handles moved on. */
type Change = { links: readonly Link[]; writes: readonly TransactWriteItem[]; left?: readonly string[] };

/**
 * Writes links, and the group of every profile whose person they change, if nothing of all that was read has changed. The
 * profiles at their ends get a version of their own also where nobody's person changes: who reads their links at the same
 * moment must not decide by what is no more.
 */
async function settle(
  db: Database,
  brand: string,
  world: World,
  { links, writes, left = [] }: Change,
): Promise<boolean> {
  const groups = groupsOf(world);
  const TableName = db.table('people');
  const ends = new Set(links.flatMap(({ aProfile, bProfile }) => [aProfile, bProfile]));
  const created = new Set(writes.flatMap(({ Put }) => Put?.Item?.personId?.S ?? []));
  const TransactItems: TransactWriteItem[] = [];
  for (const profile of world.profiles.values()) {
    const { personId } = profile.person;
    const group = groups.get(personId) ?? [personId];
    const isSame = group.join() === profilesOf(profile).join();
    if (created.has(personId)) continue;
    TransactItems.push(
      isSame && !ends.has(personId) ? unchanged(db, brand, profile) : regrouped(db, brand, profile, group),
    );
  }
  TransactItems.push(...writes.map((write) => withGroup(write, groups)));
  for (const link of links) {
    for (const personId of [link.aProfile, link.bProfile]) {
      const key: Key = peopleKeys.link(brand, personId, link.linkId);
      TransactItems.push({ Put: { TableName, Item: toItem({ ...key, entity: 'link', ...link }) } });
    }
  }
  for (const link of links) {
    for (const personId of left) {
      TransactItems.push({ Delete: { TableName, Key: toKey(peopleKeys.link(brand, personId, link.linkId)) } });
    }
  }
  if (TransactItems.every(({ ConditionCheck }) => ConditionCheck)) return true;
  try {
    await db.client.send(new TransactWriteItemsCommand({ TransactItems }));
    return true;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return false;
    throw error;
  }
}

function groupsOf(world: World): ReadonlyMap<string, readonly string[]> {
  const profiles = [...world.profiles.values()];
  const has = (personId: string, handle: Identifier): boolean =>
    world.profiles.get(personId)?.person.identifiers.some((own) => nameOf(own) === nameOf(handle)) === true;
  const edges = [...world.links.values()].flatMap((link): ProfileEdge[] => {
    const { a, b, aProfile, bProfile } = link;
    // A handle that has moved on takes its evidence out of force.
    if (!isActive(link) || !has(aProfile, a) || !has(bProfile, b)) return [];
    return [{ from: aProfile, to: bProfile, isStrong: isStrong(a) && isStrong(b) }];
  });
  const nodes = profiles.map((profile) => ({ personId: profile.person.personId, isStrong: !isWeak(profile) }));
  return partition(nodes, [...edges, ...world.settled]);
}

const ofVersion = (version: number) => ({
  ConditionExpression: '#version = :version',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':version': { N: String(version) } },
});

const unchanged = (db: Database, brand: string, { person, standing }: StoredPerson): TransactWriteItem => ({
  ConditionCheck: {
    TableName: db.table('people'),
    Key: toKey(peopleKeys.person(brand, person.personId)),
    ...ofVersion(standing.version),
  },
});

function regrouped(
  db: Database,
  brand: string,
  { person, standing }: StoredPerson,
  group: readonly string[],
): TransactWriteItem {
  const { ExpressionAttributeNames, ExpressionAttributeValues, ...condition } = ofVersion(standing.version);
  const isAlone = group.length < 2;
  return {
    Update: {
      TableName: db.table('people'),
      Key: toKey(peopleKeys.person(brand, person.personId)),
      ...condition,
      UpdateExpression: isAlone ? 'SET #version = :next REMOVE #group' : 'SET #version = :next, #group = :group',
      ExpressionAttributeNames: { ...ExpressionAttributeNames, '#group': 'group' },
      ExpressionAttributeValues: {
        ...ExpressionAttributeValues,
        ...toItem({ ':next': standing.version + 1, ...(!isAlone && { ':group': group }) }),
      },
    },
  };
}

/** A profile that is made with its link has its group from the beginning. */
function withGroup(write: TransactWriteItem, groups: ReadonlyMap<string, readonly string[]>): TransactWriteItem {
  const item = write.Put?.Item;
  const group = item?.entity?.S === 'person' ? groups.get(item.personId?.S ?? '') : undefined;
  if (!write.Put || !item || !group || group.length < 2) return write;
  return { ...write, Put: { ...write.Put, Item: { ...item, ...toItem({ group }) } } };
}

function resultOf(world: World, link: Link, a: StoredPerson): LinkResult {
  const groups = groupsOf(world);
  const { personId } = a.person;
  const profiles = groups.get(personId) ?? [personId];
  const other = link.aProfile === personId ? link.bProfile : link.aProfile;
  const state = !isActive(link) ? 'unlinked' : profiles.includes(other) ? 'linked' : 'shared';
  return { linkId: link.linkId, profiles, state };
}
