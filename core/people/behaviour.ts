import type { Behaviour, Sum } from '../model/behaviour.ts';

export const NOTHING_DONE: Behaviour = {
  purchases: [],
  visits: [],
  redemptions: [],
  earlier: { online: { count: 0, total: 0 }, offline: { count: 0, total: 0 }, visits: 0, redemptions: 0 },
};

/** What several profiles of one human have done, as if it were one: nothing is counted twice, in whichever order they come. */
export function mergeBehaviours(behaviours: readonly Behaviour[]): Behaviour {
  const [only = NOTHING_DONE, ...others] = behaviours;
  if (others.length === 0) return only;
  const sum = (of: (earlier: Behaviour['earlier']) => Sum): Sum => ({
    count: behaviours.reduce((total, { earlier }) => total + of(earlier).count, 0),
    total: behaviours.reduce((total, { earlier }) => total + of(earlier).total, 0),
  });
  return {
    purchases: newestFirst(
      behaviours.flatMap(({ purchases }) => purchases),
      ({ purchaseId }) => purchaseId,
    ),
    visits: newestFirst(
      behaviours.flatMap(({ visits }) => visits),
      ({ signalId }) => signalId,
    ),
    redemptions: newestFirst(
      behaviours.flatMap(({ redemptions }) => redemptions),
      ({ couponId }) => couponId,
    ),
    earlier: {
      online: sum(({ online }) => online),
      offline: sum(({ offline }) => offline),
      visits: behaviours.reduce((total, { earlier }) => total + earlier.visits, 0),
      redemptions: behaviours.reduce((total, { earlier }) => total + earlier.redemptions, 0),
    },
  };
}

/** One of each id, the newest first; at one instant by id, so that the order says nothing about who was asked first. */
function newestFirst<Event extends { at: number }>(events: Event[], idOf: (event: Event) => string): Event[] {
  const byId = new Map(events.map((event) => [idOf(event), event]));
  return [...byId.values()].sort(
    (left, right) => right.at - left.at || (idOf(left) < idOf(right) ? -1 : idOf(left) > idOf(right) ? 1 : 0),
  );
}
