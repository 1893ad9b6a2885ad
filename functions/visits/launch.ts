import { belongsTo } from '#core/decide/at-place.ts';
import type { DeviceState } from '#core/geo/detect.ts';
import { isHeard, type Wake, wakesOf } from '#core/geo/silent-dwell.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import type { Signal } from '#core/model/signal.ts';
import { signalFromVisit } from '#core/signals/from-visit.ts';
import { INSIDE_SHARDS, type Inside, listInside, tellInside, toldOf } from '#store/inside.ts';
import { presenceKeys } from '#store/keys.ts';
import { presenceOf } from '#store/presence.ts';
import { batchGet } from '#store/read.ts';
import type { Snapshot } from '#store/snapshot.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import type { OutgoingMessage } from '../shared/queues.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { LaunchMessage, LaunchPart } from './message.ts';
import { placesForVisits, sourceOf } from './stays.ts';
import { sendWakes } from './wakes.ts';

/** By then every worker knows of the campaign (`CATALOGUE_MAX_AGE_SECONDS`), and an enter of just before it is decided. */
const FIRST_LOOK_SECONDS = 6;
/** A phone at rest is silent: where somebody was not heard of lately enough, there are more looks, for half an hour. */
const LOOKS = 7;
const LOOK_EVERY_SECONDS = 300;
/** Visits that one part looks at in a second: sixteen parts tell at most 800 people a second. */
const PAGE = 50;
const PAGE_EVERY_SECONDS = 1;
/** A campaign of more places than this reads all visits of the brand instead of place by place. */
const MAX_PLACES_APART = 50;

type Part = LaunchMessage & { part: LaunchPart };
type Found = Inside & { state: DeviceState };

/** What a launch, or an edit of where a live campaign applies, puts on the queue. */
export const launchOf = (brand: string, campaignId: string, launchedAt: number): OutgoingMessage => ({
  body: { what: 'launch', brand, campaignId, launchedAt } satisfies LaunchMessage,
  delaySeconds: FIRST_LOOK_SECONDS,
});

/**
 * Finds those who were inside at a campaign's places before it was launched, and gives each of them to it as a signal,
 * once in a visit: what follows is decided as ever, by freshness, consent and caps. A page at a time, each page the
 * sender of the next; a campaign that is no longer live ends it.
 */
export async function findInside(message: LaunchMessage, runtime: Runtime): Promise<void> {
  const { part } = message;
  if (!part) {
    const shards = Array.from({ length: INSIDE_SHARDS }, (_, shard) => ({ shard, round: 0 }));
    return await sendParts(runtime, message, shards, 0);
  }
  const { snapshot } = await runtime.catalogue.read(message.brand, () => ({}));
  const campaign = snapshot.campaigns.find(({ campaignId }) => campaignId === message.campaignId);
  if (campaign?.state !== 'live') return;
  const { rows, after } = await readPage(runtime, { ...message, part }, placesApart(campaign, snapshot));
  const places = await placesForVisits(
    snapshot,
    rows.map(({ placeId }) => placeId),
  );
  const inside = rows.filter((row) => {
    const place = places.get(row.placeId);
    const told = toldOf(row, campaign.campaignId);
    const isTheirs = place && row.since < message.launchedAt && belongsTo(campaign.trigger, place);
    return isTheirs && (!told || told.round === part.round);
  });
  const found = await statesOf(runtime, message.brand, inside);
  const isAllTold = await tell(runtime, { ...message, part }, campaign, found);
  const next = { ...part, isLeft: part.isLeft === true || found.length < inside.length || !isAllTold };
  if (after) await sendParts(runtime, message, [{ ...next, after }], PAGE_EVERY_SECONDS);
  else if (next.isLeft && part.round + 1 < LOOKS) {
    await sendParts(runtime, message, [{ shard: part.shard, round: part.round + 1 }], LOOK_EVERY_SECONDS);
  }
}

async function sendParts(
  runtime: Runtime,
  { what, brand, campaignId, launchedAt }: LaunchMessage,
  parts: readonly LaunchPart[],
  delaySeconds: number,
): Promise<void> {
  const bodies = parts.map((part): LaunchMessage => ({ what, brand, campaignId, launchedAt, part }));
  await runtime.send(
    'visits',
    bodies.map((body) => ({ body, delaySeconds })),
  );
}

/** The campaign's places, where they are few enough to be asked about one by one. */
function placesApart({ trigger }: Campaign, { places }: Snapshot): string[] | undefined {
  if (trigger.placeIds.length === 0 && trigger.placeTags.length === 0) return undefined;
  // Places that are not in memory are asked for by id alone.
  if (!places.inMemory) return trigger.placeTags.length > 0 ? undefined : fewest(trigger.placeIds);
  const own = [...places.inMemory.values()].filter((place) => belongsTo(trigger, place)).map(({ placeId }) => placeId);
  return fewest(own);
}

const fewest = (placeIds: readonly string[]): string[] | undefined =>
  placeIds.length > MAX_PLACES_APART ? undefined : [...new Set(placeIds)].sort();

async function readPage(
  { db }: Runtime,
  { brand, part }: Part,
  placeIds: readonly string[] | undefined,
): Promise<{ rows: Inside[]; after?: NonNullable<LaunchPart['after']> }> {
  const { shard, after } = part;
  const rows: Inside[] = [];
  // Places that were added or removed since the last page do not disturb the order.
  const wanted = placeIds?.filter((placeId) => placeId >= (after?.placeId ?? '')) ?? [undefined];
  for (const placeId of wanted) {
    if (rows.length >= PAGE) return { rows, after: { placeId } };
    const cursor = placeId === after?.placeId ? after?.cursor : undefined;
    const page = await listInside(db, brand, { shard, placeId }, { limit: PAGE - rows.length, cursor });
    rows.push(...page.items);
    if (page.cursor !== undefined) return { rows, after: { placeId, cursor: page.cursor } };
  }
  return { rows };
}

/** The visits that their devices' states tell of as well, and that nothing has begun to end. */
async function statesOf(runtime: Runtime, brand: string, rows: readonly Inside[]): Promise<Found[]> {
  const now = runtime.now();
  const secret = await runtime.secret('linkSecret');
  const keys = rows.map(({ deviceId }) => ({
    presence: presenceKeys.device(brand, deviceId),
    tombstone: tombstoneKey(secret, brand, { kind: 'device', value: deviceId }),
  }));
  if (keys.length === 0) return [];
  const found = await batchGet(runtime.db, {
    presence: keys.map(({ presence }) => presence),
    tombstones: keys.map(({ tombstone }) => tombstone),
  });
  return rows.flatMap((row, index) => {
    const key = keys[index];
    if (!key || isStanding(found.get('tombstones', key.tombstone))) return [];
    const state = presenceOf(found.get('presence', key.presence), now)?.state;
    const visit = state?.visits.find(({ placeId, since }) => placeId === row.placeId && since === row.since);
    return state && visit && visit.leavingSince === undefined ? [{ ...row, state }] : [];
  });
}

/** False where somebody has to be asked again. */
async function tell(runtime: Runtime, message: Part, campaign: Campaign, found: readonly Found[]): Promise<boolean> {
  const { trigger } = campaign;
  const told = await Promise.all(found.map((visit) => signalsOf(runtime, message, campaign, visit)));
  // The first look puts on the clock what nobody has asked for before; a fix from now on is read with it in mind.
  if (trigger.on.includes('geofence.dwell') && message.part.round === 0) {
    for (const visit of found)
      await sendWakes(runtime, { ...message, ...visit }, wakesFor(campaign, visit, runtime.now()));
  }
  const signals = told.flatMap((one) => (one === 'later' ? [] : one));
  await runtime.send(
    'signals',
    signals.map((body) => ({ body, group: message.brand })),
  );
  return !told.includes('later');
}

const wakesFor = ({ trigger }: Campaign, { state, placeId }: Found, now: number): Wake[] =>
  wakesOf(state, { placeIds: new Set([placeId]), dwellThresholds: () => [trigger.dwellSeconds], now });

/** The signals of a visit that are the campaign's due and nobody else's; `later` where too long nothing was heard of it. */
async function signalsOf(
  runtime: Runtime,
  { brand, part, launchedAt }: Part,
  { campaignId, trigger }: Campaign,
  visit: Found,
): Promise<Signal[] | 'later'> {
  const { deviceId, placeId, since, state } = visit;
  const now = runtime.now();
  const { dwelt = [] } = state.visits.find((one) => one.placeId === placeId) ?? {};
  const { dwellSeconds } = trigger;
  // A dwell that nobody was told before the launch is told by the clock, or by a fix, to all campaigns that ask for it.
  const hasDwelt = dwelt.includes(dwellSeconds) && since + dwellSeconds * 1000 < launchedAt;
  const kinds = (['geofence.enter', 'geofence.dwell'] as const).filter(
    (kind) => trigger.on.includes(kind) && (kind === 'geofence.enter' || hasDwelt),
  );
  if (kinds.length === 0) return [];
  const isFresh = isHeard(state, now) && now - state.lastAt <= durationMs(trigger.freshFor);
  if (!toldOf(visit, campaignId) && !isFresh) return 'later';
  const note = { campaignId, told: { at: state.lastAt, round: part.round } };
  const told = await tellInside(runtime.db, brand, visit, note);
  if (!told) return [];
  const again = { placeId, since, because: { campaignId }, at: told.at, state };
  return kinds.map((kind) =>
    signalFromVisit(again, {
      brand,
      deviceId,
      receivedAt: new Date(now).toISOString(),
      source: sourceOf(runtime),
      dwellSeconds: kind === 'geofence.dwell' ? dwellSeconds : undefined,
    }),
  );
}
