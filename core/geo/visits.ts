import { type DeviceState, MAX_PLACES_PER_DEVICE, type Visit } from './device-state.ts';
import { clearlyInside, ENTER_CONFIRM_MS, type Evidence, EXIT_CONFIRM_MS, evidence } from './evidence.ts';

export type Transition = {
  kind: 'geofence.enter' | 'geofence.exit' | 'geofence.dwell';
  placeId: string;
  /** Epoch milliseconds of the fix that confirmed it. */
  at: number;
  /** Dwell only: the threshold reached, in seconds. */
  dwellSeconds?: number;
  /**
   * Ascending: every place whose visit is on after this fix, and every place that holds this fix although its enter
   * is not confirmed yet, so that a sensitive neighbour is seen. An exit's own place is not among them.
   */
  insidePlaceIds: string[];
};

/** A place within sight of a fix. */
export type Sighting = { placeId: string; plain: boolean; distanceM: number; sizeM: number };

/** One fix and what is around it. */
export type Look = {
  at: number;
  /** Places that hold the fix, and, for a trusted fix, every place within its exit margin. */
  sightings: Map<string, Sighting>;
  /** How a known place is detected now; undefined when it is gone. */
  detectionOf: (placeId: string) => 'plain' | 'confirmed' | undefined;
  /** Absent: confirmed places learn nothing from this fix. `fresh`: there was no whereabouts to compare it with. */
  trusted: { accuracyM: number; fresh: boolean } | undefined;
  dwellThresholds: (placeId: string) => readonly number[];
};

/** The places a device is in or entering, while its fixes are read one by one. */
export class Visits {
  /** Whether anything has come, gone or begun to. */
  changed = false;
  readonly #visits: Map<string, Visit>;
  readonly #entering: Map<string, number>;

  constructor(state: Pick<DeviceState, 'visits' | 'entering'> | undefined) {
    this.#visits = new Map(state?.visits.map((visit) => [visit.placeId, visit]));
    this.#entering = new Map(state?.entering.map(({ placeId, since }) => [placeId, since]));
  }

  toState(): Pick<DeviceState, 'visits' | 'entering'> {
    return {
      visits: [...this.#visits.values()],
      entering: [...this.#entering].map(([placeId, since]) => ({ placeId, since })),
    };
  }

  /** What one fix brings about: exits, then enters, then dwells, each by place id. */
  read(look: Look): Transition[] {
    const exited = this.#exits(look);
    const entered = this.#enters(look);
    const dwelt = this.#dwells(look);
    if (exited.length + entered.length + dwelt.length === 0) return [];
    const insidePlaceIds = this.#insidePlaceIds(look);
    const { at } = look;
    return [
      ...exited.map((placeId) => ({ kind: 'geofence.exit' as const, placeId, at, insidePlaceIds })),
      ...entered.map((placeId) => ({ kind: 'geofence.enter' as const, placeId, at, insidePlaceIds })),
      ...dwelt.map((dwell) => ({ kind: 'geofence.dwell' as const, at, ...dwell, insidePlaceIds })),
    ];
  }

  #exits(look: Look): string[] {
    const exited: string[] = [];
    for (const [placeId, visit] of this.#visits) {
      const detection = look.detectionOf(placeId);
      const said = this.#evidence(look, placeId, detection);
      if (detection === undefined) {
        this.#end(placeId);
      } else if (said === 'outside' && this.#hasLeft(look, visit, detection)) {
        this.#end(placeId);
        exited.push(placeId);
      } else if ((said === 'inside' || said === 'near') && visit.leavingSince !== undefined) {
        const { leavingSince: _, ...staying } = visit;
        this.#keep(staying);
      }
    }
    return exited.sort();
  }

  /** Notes a first fix outside; true when a later one confirms it. */
  #hasLeft({ at }: Look, visit: Visit, detection: 'plain' | 'confirmed'): boolean {
    if (detection === 'plain') return true;
    if (visit.leavingSince === undefined) this.#keep({ ...visit, leavingSince: at });
    return at - (visit.leavingSince ?? at) >= EXIT_CONFIRM_MS;
  }

  #enters(look: Look): string[] {
    for (const placeId of this.#entering.keys()) {
      const detection = look.detectionOf(placeId);
      const said = this.#evidence(look, placeId, detection);
      if (detection !== 'confirmed' || said === 'outside' || said === 'near') this.#forget(placeId);
    }
    const entered: string[] = [];
    for (const sighting of [...look.sightings.values()].sort(byPlaceId)) {
      const { placeId } = sighting;
      if (this.#visits.has(placeId) || this.#isFull(placeId) || !this.#hasEntered(look, sighting)) continue;
      this.#forget(placeId);
      this.#keep({ placeId, since: look.at });
      entered.push(placeId);
    }
    return entered;
  }

  /** Notes a first fix inside; true when it is enough, or a later one confirms it. */
  #hasEntered(look: Look, { placeId, plain, distanceM }: Sighting): boolean {
    const said = this.#evidence(look, placeId, plain ? 'plain' : 'confirmed');
    if (said !== 'inside') return false;
    if (plain || (look.trusted?.fresh && clearlyInside(distanceM, look.trusted.accuracyM))) return true;
    const since = this.#entering.get(placeId);
    if (since === undefined) {
      this.#entering.set(placeId, look.at);
      this.changed = true;
      return false;
    }
    return look.at - since >= ENTER_CONFIRM_MS;
  }

  #dwells(look: Look): { placeId: string; dwellSeconds: number }[] {
    const reached: { placeId: string; dwellSeconds: number }[] = [];
    for (const [placeId, visit] of this.#visits) {
      if (this.#evidence(look, placeId, look.detectionOf(placeId)) !== 'inside') continue;
      const dwelt = new Set(visit.dwelt);
      const seconds = new Set(look.dwellThresholds(placeId));
      const news = [...seconds].filter((s) => look.at - visit.since >= s * 1000 && !dwelt.has(s));
      if (news.length === 0) continue;
      this.#keep({ ...visit, dwelt: [...dwelt, ...news] });
      for (const dwellSeconds of news) reached.push({ placeId, dwellSeconds });
    }
    return reached.sort((a, b) => byPlaceId(a, b) || a.dwellSeconds - b.dwellSeconds);
  }

  /** What the fix says about a place, by that place's own kind of detection. */
  #evidence({ sightings, trusted }: Look, placeId: string, detection: 'plain' | 'confirmed' | undefined): Evidence {
    const sighting = sightings.get(placeId);
    if (detection === 'plain') return sighting && sighting.distanceM <= 0 ? 'inside' : 'outside';
    return trusted ? evidence(sighting, trusted.accuracyM) : 'unclear';
  }

  #isFull(placeId: string): boolean {
    return !this.#entering.has(placeId) && this.#visits.size + this.#entering.size >= MAX_PLACES_PER_DEVICE;
  }

  #insidePlaceIds({ sightings }: Look): string[] {
    const ids = new Set(this.#visits.keys());
    for (const { placeId, distanceM } of sightings.values()) if (distanceM <= 0) ids.add(placeId);
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

/** Code-unit order, as `Array.sort` has it. */
function byPlaceId(a: { placeId: string }, b: { placeId: string }): number {
  return a.placeId < b.placeId ? -1 : a.placeId > b.placeId ? 1 : 0;
}
