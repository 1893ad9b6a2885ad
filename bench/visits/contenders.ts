import { detect, type Fix } from '#core/geo/detect.ts';
import type { DeviceState } from '#core/geo/device-state.ts';
import type { PlaceIndex } from '#core/geo/place-index.ts';
import type { Event } from './score.ts';

/** Reads one phone's fixes as they come; `writes` counts how often its state would have been stored. */
export type Reading = { events: Event[]; writes: number };
export type Contender = { name: string; read: (fixes: readonly Fix[], index: PlaceIndex) => Reading };

/** As `functions/locate` does: a state that says nothing new is written every five minutes. */
const REFRESH_MS = 5 * 60_000;
const DEBOUNCE_FIXES = 3;
/** What many apps filter by. */
const GATE_M = 25;

export const BECKON: Contender = { name: 'Beckon', read: (fixes, index) => throughDetect(fixes, index, false) };
/** What Amazon Location does: the point is in the polygon, or it is not. */
export const PLAIN: Contender = {
  name: 'plain containment',
  read: (fixes, index) => throughDetect(fixes, index, true),
};
const gate = (fixes: readonly Fix[], index: PlaceIndex): Reading =>
  PLAIN.read(
    fixes.filter(({ accuracyM = 0 }) => accuracyM <= GATE_M),
    index,
  );

/** One fix at a time, as a phone sends them. */
function throughDetect(fixes: readonly Fix[], index: PlaceIndex, plainOnly: boolean): Reading {
  const reading: Reading = { events: [], writes: 0 };
  let state: DeviceState | undefined;
  let writtenAt = -Infinity;
  for (const fix of fixes) {
    const found = detect({ state, fixes: [fix], index, dwellThresholds: () => [], plainOnly });
    if (found.changed || fix.at - writtenAt > REFRESH_MS) {
      // Between writes the state is forgotten: the next fix may come to another process.
      state = found.state;
      reading.writes += 1;
      writtenAt = fix.at;
    }
    for (const { kind, placeId, at, confidence } of found.transitions) {
      if (kind !== 'geofence.dwell')
        reading.events.push({ placeId, kind: kind === 'geofence.enter' ? 'enter' : 'exit', at: at / 1000, confidence });
    }
  }
  return reading;
}

/** Three fixes in a row that say the same. */
function debounce(fixes: readonly Fix[], index: PlaceIndex): Reading {
  const reading: Reading = { events: [], writes: 0 };
  const inside = new Set<string>();
  const against = new Map<string, number>();
  fixes.forEach(({ at, lng, lat }, n) => {
    const holding = new Set(index.containing(lng, lat).map(({ placeId }) => placeId));
    let changed = false;
    for (const placeId of new Set([...holding, ...inside, ...against.keys()])) {
      if (holding.has(placeId) === inside.has(placeId)) {
        changed = against.delete(placeId) || changed;
        continue;
      }
      changed = true;
      const count = (against.get(placeId) ?? 0) + 1;
      against.set(placeId, count);
      if (count < DEBOUNCE_FIXES && n > 0) continue;
      against.delete(placeId);
      const kind = holding.has(placeId) ? 'enter' : 'exit';
      if (kind === 'enter') inside.add(placeId);
      else inside.delete(placeId);
      reading.events.push({ placeId, kind, at: at / 1000 });
    }
    if (changed) reading.writes += 1;
  });
  return reading;
}

export const CONTENDERS: readonly Contender[] = [
  BECKON,
  PLAIN,
  { name: 'three fixes in a row', read: debounce },
  { name: `accuracy of ${GATE_M} m or better`, read: gate },
];
