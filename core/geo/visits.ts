import type { Place } from '../model/place.ts';
import { type DeviceState, MAX_PLACES_PER_DEVICE, type Visit } from './device-state.ts';
import { clearlyInside, logOdds, probability } from './evidence.ts';
import type { NearPlace, PlaceIndex } from './place-index.ts';
import { sensingOf } from './sensing.ts';

export type Transition = {
  kind: 'geofence.enter' | 'geofence.exit' | 'geofence.dwell';
  placeId: string;
  /** Epoch milliseconds of the fix that confirmed it. */
  at: number;
  /** Dwell only: the threshold reached, in seconds. */
  dwellSeconds?: number;
  /** Confirmed places: how probable it is that this is so, 0 to 1, as far as the fixes tell. */
  confidence?: number;
  /**
   * Ascending: every place whose visit is on after this fix, and every place that holds this fix although its enter
   * is not confirmed yet, so that a sensitive neighbour is seen. An exit's own place is not among them.
   */
  insidePlaceIds: string[];
};

/** One fix and what is around it. */
export type Look = {
  at: number;
  /** By id the places that hold the fix, and, for a trusted fix, every place within its sight. */
  sightings: ReadonlyMap<string, NearPlace>;
  /**
   * Absent: confirmed places learn nothing from this fix. `fresh`: there was no whereabouts to compare it with; `settled`:
   * fixes before it, which were held back, said the same. `news`: how much it counts beside the last fix.
   */
  trusted: { accuracyM: number; verdict: 'plausible' | 'settled' | 'fresh'; news: number } | undefined;
  dwellThresholds: (placeId: string) => readonly number[];
};

type Entering = { since: number; odds: number };
type Change = { placeId: string; confidence?: number };

/**
 * The places a device is in or entering, while its fixes are read one by one. For each confirmed place the log-odds that
 * fixes speak for a change are summed, never below zero, until they are enough (Page 1954, "Continuous inspection
 * schemes": CUSUM).
 */
export class Visits {
  /** Whether anything has come, gone or begun to. */
  changed = false;
  readonly #visits = new Map<string, Visit>();
  readonly #entering = new Map<string, Entering>();
  readonly #index: Pick<PlaceIndex, 'get'>;
  readonly #plainOnly: boolean;

  constructor(
    state: Pick<DeviceState, 'visits' | 'entering'> | undefined,
    { index, plainOnly }: { index: Pick<PlaceIndex, 'get'>; plainOnly: boolean },
  ) {
    this.#index = index;
    this.#plainOnly = plainOnly;
    if (!state) return;
    for (const visit of state.visits) this.#visits.set(visit.placeId, visit);
    for (const { placeId, since, odds = 0 } of state.entering) this.#entering.set(placeId, { since, odds });
  }

  toState(): Pick<DeviceState, 'visits' | 'entering'> {
    return {
      visits: [...this.#visits.values()],
      entering: [...this.#entering].map(([placeId, { since, odds }]) => ({ placeId, since, odds })),
    };
  }

  get isEmpty(): boolean {
    return this.#visits.size === 0;
  }

  /** How far beyond the edge of a place that the device is in a fix may lie and still say nothing of leaving; the widest. */
  exitMarginM(sightings: Look['sightings']): number {
    let widest = 0;
    for (const placeId of this.#visits.keys()) {
      widest = Math.max(widest, sensingOf(this.#placeOf(placeId, sightings)?.sensing).exitMarginM);
    }
    return widest;
  }

  /** What one fix brings about: exits, then enters, then dwells, each by place id. */
  read(look: Look): Transition[] {
    // Most fixes in the world.
    if (this.#visits.size + this.#entering.size + look.sightings.size === 0) return [];
    const exited = this.#exits(look);
    const entered = this.#enters(look);
    const dwelt = this.#dwells(look);
    if (exited.length + entered.length + dwelt.length === 0) return [];
    const insidePlaceIds = this.#insidePlaceIds(look);
    const { at } = look;
    return [
      ...exited.map((change) => ({ kind: 'geofence.exit' as const, at, ...change, insidePlaceIds })),
      ...entered.map((change) => ({ kind: 'geofence.enter' as const, at, ...change, insidePlaceIds })),
      ...dwelt.map((dwell) => ({ kind: 'geofence.dwell' as const, at, ...dwell, insidePlaceIds })),
    ];
  }

  #exits(look: Look): Change[] {
    const exited: Change[] = [];
    for (const [placeId, visit] of this.#visits) {
      const place = this.#placeOf(placeId, look.sightings);
      if (!place) {
        this.#end(placeId);
      } else if (this.#isPlain(place)) {
        if (this.#holds(look, placeId)) continue;
        this.#end(placeId);
        exited.push({ placeId });
      } else {
        const odds = this.#leavingOdds(look, visit, place);
        if (odds === undefined) continue;
        this.#end(placeId);
        exited.push({ placeId, confidence: confidenceOf(odds) });
      }
    }
    return exited.sort(byPlaceId);
  }

  /** Adds what the fix says of having left; the sum, where it is enough. */
  #leavingOdds(look: Look, visit: Visit, place: Place): number | undefined {
    if (!look.trusted) return undefined;
    const { placeId, leavingSince, leavingOdds = 0 } = visit;
    const { exitOdds, exitAfterMs, exitMarginM } = sensingOf(place.sensing);
    const said = -logOdds(look.sightings.get(placeId), look.trusted.accuracyM, exitMarginM);
    const odds = summed(leavingSince === undefined ? undefined : leavingOdds, said, look.trusted);
    if (odds === 0) {
      if (leavingSince === undefined) return undefined;
      const { leavingSince: _, leavingOdds: __, ...staying } = visit;
      this.#keep(staying);
      return undefined;
    }
    const since = leavingSince ?? look.at;
    if (odds >= exitOdds && isLongEnough(look, since, exitAfterMs)) return odds;
    const kept = Math.min(odds, exitOdds);
    if (leavingSince === undefined || kept !== leavingOdds) {
      this.#keep({ ...visit, leavingSince: since, leavingOdds: kept });
    }
    return undefined;
  }

  #enters(look: Look): Change[] {
    for (const placeId of this.#entering.keys()) {
      const isInSight = look.sightings.has(placeId) || !look.trusted;
      const place = isInSight ? this.#placeOf(placeId, look.sightings) : undefined;
      if (!place || this.#isPlain(place)) this.#forget(placeId);
    }
    const entered: Change[] = [];
    const unvisited = [...look.sightings.values()].filter(({ place }) => !this.#visits.has(place.placeId));
    for (const sighting of unvisited.sort((a, b) => byPlaceId(a.place, b.place))) {
      const { place, distanceM } = sighting;
      const { placeId } = place;
      if (this.#isFull(placeId)) continue;
      const isPlain = this.#isPlain(place);
      const odds = isPlain ? (distanceM <= 0 ? Infinity : undefined) : this.#enteringOdds(look, sighting);
      if (odds === undefined) continue;
      this.#forget(placeId);
      this.#keep({ placeId, since: look.at });
      entered.push({ placeId, ...(!isPlain && { confidence: confidenceOf(odds) }) });
    }
    return entered;
  }

  /** Adds what the fix says of having entered; the sum, where it is enough. */
  #enteringOdds(look: Look, sighting: NearPlace): number | undefined {
    if (!look.trusted) return undefined;
    const { distanceM } = sighting;
    const { placeId, sensing } = sighting.place;
    const { accuracyM, verdict } = look.trusted;
    const said = logOdds(sighting, accuracyM);
    if (verdict === 'fresh' && distanceM <= 0 && clearlyInside(distanceM, accuracyM)) return said;
    const before = this.#entering.get(placeId);
    const odds = summed(before?.odds, said, look.trusted);
    if (odds === 0) {
      this.#forget(placeId);
      return undefined;
    }
    const since = before?.since ?? look.at;
    const { enterOdds, enterAfterMs } = sensingOf(sensing);
    // At least one fix must be inside now: a device that walks by just outside adds up nothing, and one that has is gone.
    if (odds >= enterOdds && distanceM <= 0 && isLongEnough(look, since, enterAfterMs)) return odds;
    const kept = Math.min(odds, enterOdds);
    if (kept !== before?.odds) {
      this.#entering.set(placeId, { since, odds: kept });
      this.changed = true;
    }
    return undefined;
  }

  #dwells(look: Look): { placeId: string; dwellSeconds: number }[] {
    const reached: { placeId: string; dwellSeconds: number }[] = [];
    for (const [placeId, visit] of this.#visits) {
      if (!this.#holds(look, placeId)) continue;
      const thresholds = look.dwellThresholds(placeId);
      if (thresholds.length === 0) continue;
      const dwelt = new Set(visit.dwelt);
      const news = [...new Set(thresholds)].filter((s) => look.at - visit.since >= s * 1000 && !dwelt.has(s));
      if (news.length === 0) continue;
      this.#keep({ ...visit, dwelt: [...dwelt, ...news] });
      for (const dwellSeconds of news) reached.push({ placeId, dwellSeconds });
    }
    return reached.sort((a, b) => byPlaceId(a, b) || a.dwellSeconds - b.dwellSeconds);
  }

  /** Whether the fix says that the device is in the place now: by its centre, and for a confirmed place by a trusted one. */
  #holds({ sightings, trusted }: Look, placeId: string): boolean {
    const sighting = sightings.get(placeId);
    if (!sighting || sighting.distanceM > 0) return false;
    return this.#isPlain(sighting.place) || (trusted !== undefined && logOdds(sighting, trusted.accuracyM) > 0);
  }

  /** Undefined when it is gone. What is in sight need not be looked up: among many places, that is the dearest thing here. */
  #placeOf(placeId: string, sightings: Look['sightings']): Place | undefined {
    return sightings.get(placeId)?.place ?? this.#index.get(placeId);
  }

  #isPlain({ detection }: Place): boolean {
    return this.#plainOnly || detection === 'plain';
  }

  #isFull(placeId: string): boolean {
    return !this.#entering.has(placeId) && this.#visits.size + this.#entering.size >= MAX_PLACES_PER_DEVICE;
  }

  #insidePlaceIds({ sightings }: Look): string[] {
    const ids = new Set(this.#visits.keys());
    for (const { place, distanceM } of sightings.values()) if (distanceM <= 0) ids.add(place.placeId);
    return [...ids].sort();
  }

  #keep(visit: Visit): void {
    this.#visits.set(visit.placeId, visit);
    this.changed = true;
  }

  #end(placeId: string): void {
    this.#visits.delete(placeId);
    this.changed = true;
  }

  #forget(placeId: string): void {
    if (this.#entering.delete(placeId)) this.changed = true;
  }
}

/** A first word counts whole, a later one by what is new in it, one that has settled as both; rounded, because it is stored. */
function summed(before: number | undefined, said: number, { verdict, news }: NonNullable<Look['trusted']>): number {
  const counts = verdict === 'settled' ? 1 + news : before === undefined ? 1 : news;
  const odds = Math.max(0, (before ?? 0) + said * counts);
  return Math.round(odds * 100) / 100;
}

/** What has settled has lasted. */
function isLongEnough({ at, trusted }: Look, since: number, afterMs: number): boolean {
  return trusted?.verdict === 'settled' || at - since >= afterMs;
}

const confidenceOf = (odds: number): number => Math.round(probability(odds) * 1000) / 1000;

/** Code-unit order, as `Array.sort` has it. */
function byPlaceId(a: { placeId: string }, b: { placeId: string }): number {
  return a.placeId < b.placeId ? -1 : a.placeId > b.placeId ? 1 : 0;
}
