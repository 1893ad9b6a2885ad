import type { Behaviour, PastExit, PastPurchase, PastRedemption, PastVisit, Sum } from '../model/behaviour.ts';

/** What is remembered one by one: enough for every window that rules ask about, of all but the most eager. */
export const MAX_PURCHASES = 60;
export const MAX_VISITS = 60;
const MAX_REDEMPTIONS = 40;
/** Seen again at a place within this time, somebody has not been away. */
const VISIT_GAP_MS = 30 * 60_000;

const NO_SUM: Sum = { count: 0, totals: {} };
export const NOTHING_DONE: Behaviour = {
  purchases: [],
  visits: [],
  exits: [],
  redemptions: [],
  earlier: { online: NO_SUM, offline: NO_SUM, visits: 0, redemptions: 0 },
};

/** With one purchase more, in whichever order they come. One that is remembered changes nothing. */
export function addPurchase(behaviour: Behaviour, purchase: PastPurchase): Behaviour {
  const { purchases, earlier } = behaviour;
  if (purchases.some(({ purchaseId }) => purchaseId === purchase.purchaseId)) return behaviour;
  const all = newestFirst([...purchases, purchase], ({ purchaseId }) => purchaseId);
  const forgotten = all.slice(MAX_PURCHASES);
  const after = { ...earlier };
  for (const past of forgotten) after[past.channel] = joinSums(after[past.channel], sumOf(past));
  return { ...behaviour, purchases: all.slice(0, MAX_PURCHASES), earlier: after };
}

/**
 * With a visit more, or one of those known made longer, or two made one: visits are the stretches of being seen at a
 * place that no pause of more than `VISIT_GAP_MS` divides. The same again, and what is older than all of a full
 * memory, changes nothing.
 */
export function addVisit(behaviour: Behaviour, visit: PastVisit): Behaviour {
  const { visits, earlier } = behaviour;
  if (visits.some((known) => covers(known, visit)) || isTooLate(visits, visit, MAX_VISITS)) return behaviour;
  const all = newestFirst(joinVisit(visits, visit), visitIdOf);
  const forgotten = Math.max(0, all.length - MAX_VISITS);
  return {
    ...behaviour,
    visits: all.slice(0, MAX_VISITS),
    earlier: { ...earlier, visits: earlier.visits + forgotten },
  };
}

/** With the word that somebody has left a place. */
export function addExit(behaviour: Behaviour, exit: PastExit): Behaviour {
  const { exits } = behaviour;
  const id = exitIdOf(exit);
  if (exits.some((known) => exitIdOf(known) === id) || isTooLate(exits, exit, MAX_VISITS)) return behaviour;
  return { ...behaviour, exits: newestFirst([...exits, exit], exitIdOf).slice(0, MAX_VISITS) };
}

/** With one coupon more that was used. */
export function addRedemption(behaviour: Behaviour, redemption: PastRedemption): Behaviour {
  const { redemptions, earlier } = behaviour;
  const isKnown = redemptions.some(({ couponId }) => couponId === redemption.couponId);
  if (isKnown || isTooLate(redemptions, redemption, MAX_REDEMPTIONS)) return behaviour;
  const all = newestFirst([...redemptions, redemption], ({ couponId }) => couponId);
  const forgotten = Math.max(0, all.length - MAX_REDEMPTIONS);
  return {
    ...behaviour,
    redemptions: all.slice(0, MAX_REDEMPTIONS),
    earlier: { ...earlier, redemptions: earlier.redemptions + forgotten },
  };
}

/** Without the use of a coupon that was taken back. */
export function withoutRedemption(behaviour: Behaviour, couponId: string): Behaviour {
  const redemptions = behaviour.redemptions.filter((known) => known.couponId !== couponId);
  return redemptions.length === behaviour.redemptions.length ? behaviour : { ...behaviour, redemptions };
}

/** What several profiles of one human have done, as if it were one: nothing is counted twice, in whichever order they come. */
export function mergeBehaviours(behaviours: readonly Behaviour[]): Behaviour {
  const [only = NOTHING_DONE, ...others] = behaviours;
  if (others.length === 0) return only;
  const visits = behaviours.flatMap((behaviour) => behaviour.visits).reduce<PastVisit[]>(joinVisit, []);
  return {
    purchases: newestFirst(
      behaviours.flatMap(({ purchases }) => purchases),
      ({ purchaseId }) => purchaseId,
    ),
    // Two phones of one human in one shop are one visit.
    visits: newestFirst(visits, visitIdOf),
    exits: newestFirst(
      behaviours.flatMap(({ exits }) => exits),
      exitIdOf,
    ),
    redemptions: newestFirst(
      behaviours.flatMap(({ redemptions }) => redemptions),
      ({ couponId }) => couponId,
    ),
    earlier: {
      online: behaviours.map(({ earlier }) => earlier.online).reduce(joinSums),
      offline: behaviours.map(({ earlier }) => earlier.offline).reduce(joinSums),
      visits: behaviours.reduce((total, { earlier }) => total + earlier.visits, 0),
      redemptions: behaviours.reduce((total, { earlier }) => total + earlier.redemptions, 0),
    },
  };
}

/** A client may use a signal's id again for another moment. */
const visitIdOf = ({ signalId, at }: PastVisit): string => `${signalId}@${at}`;
const exitIdOf = ({ placeId, at }: PastExit): string => `${placeId}@${at}`;

const covers = (known: PastVisit, visit: PastVisit): boolean =>
  known.placeId === visit.placeId && isBefore(known, visit) && known.until >= visit.until;

/** Which of two that are one visit it began with. */
const isBefore = (left: PastVisit, right: PastVisit): boolean =>
  left.at < right.at || (left.at === right.at && left.signalId <= right.signalId);

/** One visit more, made one with those of the place that it touches. */
function joinVisit(visits: readonly PastVisit[], visit: PastVisit): PastVisit[] {
  const touches = (known: PastVisit) =>
    known.placeId === visit.placeId && known.at - VISIT_GAP_MS <= visit.until && visit.at - VISIT_GAP_MS <= known.until;
  const joined = visits.filter(touches).reduce((one, other) => {
    const first = isBefore(one, other) ? one : other;
    return { ...first, until: Math.max(one.until, other.until) };
  }, visit);
  return [...visits.filter((known) => !touches(known)), joined];
}

/** Whether somebody's memory is full of newer things: then it is known already, or too old to say anything. */
const isTooLate = (known: readonly { at: number }[], { at }: { at: number }, most: number): boolean =>
  known.length >= most && at < (known.at(-1)?.at ?? 0);

const sumOf = ({ at, total, currency }: PastPurchase): Sum => ({
  count: 1,
  totals: { [currency]: total },
  firstAt: at,
});

function joinSums(left: Sum, right: Sum): Sum {
  const totals = { ...left.totals };
  for (const [currency, total] of Object.entries(right.totals)) totals[currency] = (totals[currency] ?? 0) + total;
  const first = Math.min(left.firstAt ?? Number.POSITIVE_INFINITY, right.firstAt ?? Number.POSITIVE_INFINITY);
  return { count: left.count + right.count, totals, ...(Number.isFinite(first) && { firstAt: first }) };
}

/** One of each id, the newest first; at one instant by id, so that the order says nothing about who was asked first. */
function newestFirst<Event extends { at: number }>(events: readonly Event[], idOf: (event: Event) => string): Event[] {
  const byId = new Map(events.map((event) => [idOf(event), event]));
  return [...byId.values()].sort(
    (left, right) => right.at - left.at || (idOf(left) < idOf(right) ? -1 : idOf(left) > idOf(right) ? 1 : 0),
  );
}
