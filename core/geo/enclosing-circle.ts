import type { Place } from '../model/place.ts';
import { unwrapPolygon } from './rings.ts';
import { foldLng, haversineM } from './sphere.ts';

/** Degrees WGS-84 and metres. */
export type Circle = { lng: number; lat: number; radiusM: number };

/** An edge bulges beyond its ends where it is longest: this much of a radius, for the largest fences that there are. */
const BULGE = 1.01;

/**
 * A circle round a whole place, for who can only watch circles. About the middle of its box: at most twice as large in
 * area as the smallest one could be. A place that is a circle is its own.
 */
export function enclosingCircle({ geometry, radiusM }: Pick<Place, 'geometry' | 'radiusM'>): Circle {
  if (geometry.type === 'Point') {
    const [lng = 0, lat = 0] = geometry.coordinates;
    return { lng, lat, radiusM: radiusM ?? 0 };
  }
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  // Exteriors are enough; all in one frame of longitudes, that of the first.
  const rings = unwrapPolygon(polygons.flatMap(([exterior]) => (exterior ? [exterior] : [])));
  const corners = rings.flatMap((ring) =>
    Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]]),
  );
  const middle = (axis: 0 | 1): number => {
    let [least, most] = [Infinity, -Infinity];
    for (const corner of corners) {
      least = Math.min(least, corner[axis] ?? 0);
      most = Math.max(most, corner[axis] ?? 0);
    }
    return (least + most) / 2;
  };
  const [lng, lat] = [middle(0), middle(1)];
  let reachM = 0;
  for (const [x = 0, y = 0] of corners) reachM = Math.max(reachM, haversineM(lng, lat, x, y));
  return { lng: foldLng(lng), lat, radiusM: Math.ceil(reachM * BULGE) };
}
