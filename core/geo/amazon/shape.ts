import { digestId } from '#core/hash.ts';
import type { Place } from '#core/model/place.ts';

/** Raised when the same place is told otherwise than before: then every geofence is put anew. */
const TELLING = '1';

/** What a geofence was made of: what its events carry, so that one of a shape that is no more is known. */
export const shapeDigest = ({ geometry, radiusM }: Pick<Place, 'geometry' | 'radiusM'>): string =>
  digestId('shape', TELLING, JSON.stringify([geometry, radiusM]));
