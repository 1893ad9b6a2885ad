import { isSensitive } from '#core/decide/sensitive.ts';
import type { Place } from '#core/model/place.ts';
import type { SensitivePlace } from '#core/model/sensitive-place.ts';
import { UNKNOWN_ACCURACY_M } from './evidence.ts';
import { shapeOf } from './geometry.ts';
import { bufferOf, legalBufferOf } from './sensitive-laws.ts';
import { createZoneIndex, type ZoneIndex } from './sensitive-zones.ts';

type Geofence = Pick<Place, 'geometry' | 'radiusM'>;
type Position = { lng: number; lat: number; accuracyM?: number | undefined };

/**
 * What a catalogue's sensitive places forbid: the one rule that the API, `locate` and `engage` obey. A place with a
 * sensitive tag is such a place itself, of no buffer, and keeps no other place's geofence away.
 */
export type SensitiveLayer = {
  /** Whether a position must be forgotten: some point of its accuracy circle is in a buffer, or in a place with such a tag. */
  hides(position: Position): boolean;
  /** Whether nothing that happens at a place may be recorded: it has such a tag, or its geofence touches a buffer. */
  silences(place: Place): boolean;
  /** Whether an id is a sensitive place's. */
  names(id: string): boolean;
  /** Why a place with this geometry is refused, in words that name no sensitive place. Undefined where it may be. */
  refusalOf(geofence: Geofence): string | undefined;
};

/** Made once for each version of a catalogue; the trees are built when they are first asked. */
export function createSensitiveLayer(sensitive: readonly SensitivePlace[], places: Iterable<Place>): SensitiveLayer {
  const ofLayer = lazily(() =>
    createZoneIndex(sensitive.map((place) => ({ shape: shapeOf(place), bufferM: bufferOf(place) }))),
  );
  const ofTags = lazily(() =>
    createZoneIndex([...places].filter(isSensitive).map((place) => ({ shape: shapeOf(place), bufferM: 0 }))),
  );
  const silent = new WeakMap<Place, boolean>();
  const ids = new Set(sensitive.map(({ sensitivePlaceId }) => sensitivePlaceId));

  return {
    hides: ({ lng, lat, accuracyM = UNKNOWN_ACCURACY_M }) =>
      ofLayer().covers(lng, lat, accuracyM) || ofTags().covers(lng, lat, accuracyM),
    silences(place) {
      const known = silent.get(place);
      if (known !== undefined) return known;
      const isSilent = isSensitive(place) || ofLayer().touchedBy(shapeOf(place)) !== undefined;
      silent.set(place, isSilent);
      return isSilent;
    },
    names: (id) => ids.has(id),
    refusalOf(geofence) {
      const touch = ofLayer().touchedBy(shapeOf(geofence));
      const place = touch && sensitive[touch.zone];
      return place && refusal(place, touch.distanceM);
    },
  };
}

function refusal(place: SensitivePlace, distanceM: number): string {
  const bufferM = bufferOf(place);
  const law = legalBufferOf(place);
  const where = distanceM === 0 ? 'touches' : `is ${distanceM.toFixed(2)} m from`;
  const what = `${where} a sensitive place (${place.category})`;
  if (bufferM === 0) return `${what}; no geofence may overlap one`;
  const why = law && bufferM === law.metres ? `${law.source}: ${law.feet} ft` : 'as its buffer says';
  return `${what}; ${bufferM} m must be kept free (${why})`;
}

function lazily(make: () => ZoneIndex): () => ZoneIndex {
  let made: ZoneIndex | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
