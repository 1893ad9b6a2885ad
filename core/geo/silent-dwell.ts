import type { DeviceState, Transition } from './detect.ts';

/**
 * A phone at rest stops reporting, so for a while silence means that it is still there. Nobody knows for how long: after
 * three quarters of an hour it is no longer believed, and a dwell waits for the next fix.
 */
export const MAX_SILENCE_MS = 45 * 60_000;

/** A report that is on its way when a dwell falls due gets here first, whatever it says. */
const GRACE_MS = 15_000;

/** A dwell that will fall due unless something says otherwise. `since` is when the visit began, epoch milliseconds. */
export type Wake = { placeId: string; since: number; dwellSeconds: number };

/** When the clock may say, in the phone's stead, that somebody has stayed long enough; epoch milliseconds. */
export const wakeAt = ({ since, dwellSeconds }: Wake): number => since + dwellSeconds * 1000 + GRACE_MS;

/** The dwells of the visits to these places that are not told yet; none that is so long ago that silence would not be believed. */
export function wakesOf(
  { visits }: Pick<DeviceState, 'visits'>,
  { placeIds, dwellThresholds, now }: Asked & { placeIds: ReadonlySet<string> },
): Wake[] {
  return visits
    .filter(({ placeId }) => placeIds.has(placeId))
    .flatMap(({ placeId, since, dwelt = [] }) =>
      dwellThresholds(placeId)
        .filter((dwellSeconds) => !dwelt.includes(dwellSeconds))
        .map((dwellSeconds): Wake => ({ placeId, since, dwellSeconds })),
    )
    .filter((wake) => wakeAt(wake) > now - MAX_SILENCE_MS);
}

type Asked = {
  now: number;
  /** Seconds, for the dwell campaigns of a place; none at one that nobody may be known to be at. */
  dwellThresholds: (placeId: string) => readonly number[];
};

/**
 * The dwell that the clock brings about: the visit still stands, no fix has begun to speak of leaving, the phone was
 * heard within `MAX_SILENCE_MS`, and some campaign still asks. It happened when it fell due. Undefined where it has been
 * told already, or is not so; then a later fix inside tells it, as ever.
 */
export function dwellInSilence(
  state: DeviceState,
  wake: Wake,
  { now, dwellThresholds }: Asked,
): { state: DeviceState; transition: Transition } | undefined {
  const { placeId, since, dwellSeconds } = wake;
  const visit = state.visits.find((one) => one.placeId === placeId);
  if (!visit || visit.since !== since || visit.leavingSince !== undefined) return undefined;
  if (visit.dwelt?.includes(dwellSeconds) || !dwellThresholds(placeId).includes(dwellSeconds)) return undefined;
  if (now < wakeAt(wake) || !isHeard(state, now)) return undefined;
  const dwelt = [...(visit.dwelt ?? []), dwellSeconds];
  return {
    state: { ...state, visits: state.visits.map((one) => (one === visit ? { ...visit, dwelt } : one)) },
    transition: {
      kind: 'geofence.dwell',
      placeId,
      at: since + dwellSeconds * 1000,
      dwellSeconds,
      insidePlaceIds: placesOf(state),
    },
  };
}

/** Whether a phone has been heard of lately enough for what was last known of it to be believed. */
export const isHeard = ({ lastAt }: Pick<DeviceState, 'lastAt'>, now: number): boolean =>
  now - lastAt <= MAX_SILENCE_MS;

/** Every place that a device is in, or may be: so that a sensitive neighbour is seen. Ascending. */
export function placesOf({ visits, entering }: Pick<DeviceState, 'visits' | 'entering'>): string[] {
  return [...new Set([...visits, ...entering].map(({ placeId }) => placeId))].sort();
}
