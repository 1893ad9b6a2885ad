import { type DeviceState, detect, type Fix, type Transition } from '#core/geo/detect.ts';
import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import type { Geometry, Place } from '#core/model/place.ts';

export function aPlace(overrides: Partial<Place> & { placeId: string }): Place {
  const geometry: Geometry = { type: 'Point', coordinates: [0, 0] };
  const radiusM = (overrides.geometry ?? geometry).type === 'Point' ? { radiusM: 100 } : {};
  return {
    name: overrides.placeId,
    timeZone: 'UTC',
    geometry,
    ...radiusM,
    tags: [],
    detection: 'confirmed',
    ...overrides,
  };
}

/** Metres in a degree at the equator, where the test places lie. */
const DEGREE_M = 111_195.08;

/** A fix `seconds` after the start and `eastM`, `northM` metres from [0, 0]. */
export function fixAt(seconds: number, eastM: number, northM = 0, accuracyM: number | undefined = 5): Fix {
  return { at: T0 + seconds * 1000, lng: eastM / DEGREE_M, lat: northM / DEGREE_M, accuracyM };
}
const T0 = Date.parse('2026-11-22T10:00:00Z');

/** One device against one index, batch by batch, with its state kept between: as `functions/locate` does it. */
export function device(
  places: Place[] | PlaceIndex,
  { thresholds = [] as number[], plainOnly = false, writeOnlyIfChanged = false } = {},
) {
  const index = Array.isArray(places) ? createPlaceIndex(places) : places;
  let state: DeviceState | undefined;
  return {
    state: () => state,
    read(fixes: Fix[], at = index) {
      const found = detect({ state, fixes, index: at, dwellThresholds: () => thresholds, plainOnly });
      // Through JSON, because that is how it is stored.
      if (found.changed || !writeOnlyIfChanged) state = JSON.parse(JSON.stringify(found.state));
      return found;
    },
    /** `enter a@30`: kind, place and seconds since the start. */
    tell(fixes: Fix[], at = index): string[] {
      return this.read(fixes, at).transitions.map(brief);
    },
  };
}

export function brief({ kind, placeId, at, dwellSeconds }: Transition): string {
  return `${kind.slice(9)} ${placeId}@${(at - T0) / 1000}${dwellSeconds === undefined ? '' : ` ${dwellSeconds}s`}`;
}

export function inBatches<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
