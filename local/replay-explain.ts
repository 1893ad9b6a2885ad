import { type DeviceState, detect, type Fix, type Transition } from '#core/geo/detect.ts';
import type { PlaceIndex } from '#core/geo/place-index.ts';

type Kind = 'geofence.enter' | 'geofence.exit';

/**
 * What plain containment says of a device and confirmed detection does not, or says later, or the other way round.
 * `at`: when plain containment said it (of an `extra`, confirmed detection). The reason is the machine's own:
 * - `inaccurate`, `impossible-jump` and whatever else `detect` drops fixes for: so it did with most of that time;
 * - `unconfirmed`: it had begun to believe it, and was not sure before the fixes said otherwise, or before they ended;
 * - `confirmation`: it believed it as well, once it was sure;
 * - `unclear`: the fixes were believed, and did not speak for it: too near an edge for their accuracy, or too large a
 *   circle for the place;
 * - `never-left`, `never-entered`: what went before was not said either, so there was nothing to undo.
 */
export type Difference = {
  difference: 'missing' | 'later' | 'extra';
  kind: Kind;
  placeId: string;
  deviceId: string;
  at: string;
  reason: string;
  /** `later` only. */
  secondsLater?: number;
  /** Fixes that were read while it was plain containment's word alone, and those that were dropped, by reason. */
  fixes: number;
  dropped?: Record<string, number>;
};

/** One fix as confirmed detection left it: why it was dropped, and about which places it was making up its mind. */
type Note = {
  at: number;
  dropped: string | undefined;
  inside: Set<string>;
  entering: Set<string>;
  leaving: Set<string>;
};
type Told = { kind: Kind; at: number };
type Track = {
  plain: DeviceState | undefined;
  confirmed: DeviceState | undefined;
  notes: Note[];
  /** By place. */
  told: Map<string, { plain: Told[]; confirmed: Told[] }>;
};

/** Reads the fixes of many devices twice over, and tells in what the two ways of detection differ. */
export function createExplainer(index: PlaceIndex) {
  const tracks = new Map<string, Track>();

  /** One fix at a time: the same answers as all at once, and what was thought of each. */
  function read(deviceId: string, fixes: readonly Fix[]): void {
    const track: Track = tracks.get(deviceId) ?? { plain: undefined, confirmed: undefined, notes: [], told: new Map() };
    tracks.set(deviceId, track);
    for (const fix of [...fixes].sort((a, b) => a.at - b.at)) {
      const ask = (state: DeviceState | undefined, plainOnly: boolean) =>
        detect({ state, fixes: [fix], index, dwellThresholds: () => [], plainOnly });
      const plain = ask(track.plain, true);
      const confirmed = ask(track.confirmed, false);
      track.plain = plain.state;
      track.confirmed = confirmed.state;
      note(track, 'plain', plain.transitions);
      note(track, 'confirmed', confirmed.transitions);
      track.notes.push({
        at: fix.at,
        dropped: confirmed.dropped[0]?.reason,
        inside: new Set(confirmed.state.visits.map(({ placeId }) => placeId)),
        entering: new Set(confirmed.state.entering.map(({ placeId }) => placeId)),
        leaving: new Set(
          confirmed.state.visits.flatMap((visit) => (visit.leavingSince === undefined ? [] : visit.placeId)),
        ),
      });
    }
  }

  return {
    read,
    /** How many transitions each way has told. */
    counts: () => {
      const counts = { plain: 0, confirmed: 0 };
      for (const { told } of tracks.values()) {
        for (const { plain, confirmed } of told.values()) {
          counts.plain += plain.length;
          counts.confirmed += confirmed.length;
        }
      }
      return counts;
    },
    /** In order of time, once everything has been read. */
    differences: (): Difference[] =>
      [...tracks]
        .flatMap(([deviceId, track]) =>
          [...track.told].flatMap(([placeId, told]) => compare({ deviceId, placeId, notes: track.notes, ...told })),
        )
        .sort((a, b) => a.at.localeCompare(b.at)),
  };
}

function note(track: Track, way: 'plain' | 'confirmed', transitions: readonly Transition[]): void {
  for (const { kind, placeId, at } of transitions) {
    if (kind === 'geofence.dwell') continue;
    const told = track.told.get(placeId) ?? { plain: [], confirmed: [] };
    track.told.set(placeId, told);
    told[way].push({ kind, at });
  }
}

type Compared = {
  deviceId: string;
  placeId: string;
  notes: readonly Note[];
  plain: readonly Told[];
  confirmed: readonly Told[];
};

/** Each word of confirmed detection is that of plain containment which was last said before it and is the same. */
function compare({ deviceId, placeId, notes, plain, confirmed }: Compared): Difference[] {
  const differences: Difference[] = [];
  const about = { placeId, deviceId };
  const paired = new Map<Told, Told>();
  let next = 0;
  for (const told of confirmed) {
    let same: number | undefined;
    for (let i = next; (plain[i]?.at ?? Infinity) <= told.at; i += 1) if (plain[i]?.kind === told.kind) same = i;
    const partner = same === undefined ? undefined : plain[same];
    if (same === undefined || !partner) {
      const at = new Date(told.at).toISOString();
      differences.push({ difference: 'extra', kind: told.kind, ...about, at, reason: 'unclear', fixes: 0 });
      continue;
    }
    paired.set(partner, told);
    next = same + 1;
  }
  for (const [i, told] of plain.entries()) {
    const partner = paired.get(told);
    if (partner?.at === told.at) continue;
    // For as long as plain containment held to it; one that came later, until it came.
    const until = partner?.at ?? plain[i + 1]?.at ?? Infinity;
    const span = notes.filter(({ at }) => at >= told.at && at < until);
    differences.push({
      difference: partner ? 'later' : 'missing',
      kind: told.kind,
      ...about,
      at: new Date(told.at).toISOString(),
      reason: reasonOf(told.kind, placeId, span, partner !== undefined),
      ...(partner && { secondsLater: (partner.at - told.at) / 1000 }),
      fixes: span.length,
      ...droppedIn(span),
    });
  }
  return differences;
}

function reasonOf(kind: Kind, placeId: string, span: readonly Note[], came: boolean): string {
  const isEnter = kind === 'geofence.enter';
  if (!came && span.every(({ inside }) => inside.has(placeId) === isEnter))
    return isEnter ? 'never-left' : 'never-entered';
  const [[mostDropped, count] = [undefined, 0]] = Object.entries(droppedIn(span).dropped ?? {}).sort(
    ([, a], [, b]) => b - a,
  );
  if (mostDropped !== undefined && 2 * count > span.length) return mostDropped;
  const isWavering = span.some(({ entering, leaving }) => (isEnter ? entering : leaving).has(placeId));
  if (isWavering) return came ? 'confirmation' : 'unconfirmed';
  return mostDropped ?? 'unclear';
}

function droppedIn(span: readonly Note[]): Pick<Difference, 'dropped'> {
  const dropped: Record<string, number> = {};
  for (const { dropped: reason } of span) if (reason !== undefined) dropped[reason] = (dropped[reason] ?? 0) + 1;
  return Object.keys(dropped).length > 0 ? { dropped } : {};
}
