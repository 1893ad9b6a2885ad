import type { Place } from '#core/model/place.ts';

/** What the index needs of a place; `traits` is whatever its reader must know besides, a text that many places share. */
export type Located = Pick<Place, 'placeId' | 'geometry' | 'radiusM'> & { traits?: string };
