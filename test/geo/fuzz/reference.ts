import type { Geometry } from '#core/model/place.ts';

type Raw = { geometry: Geometry; radiusM?: number };

const R = 6_371_008.8;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;
const fold = (degrees: number): number => degrees - 360 * Math.round(degrees / 360);

/** Great-circle metres by Vincenty's formula for a sphere. */
function metres(lngA: number, latA: number, lngB: number, latB: number): number {
  const [a, b, d] = [rad(latA), rad(latB), rad(lngB - lngA)];
  const y = Math.hypot(Math.cos(b) * Math.sin(d), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(d));
  return R * Math.atan2(y, Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(d));
}

/**
 * Whether a place as it was written holds a point, by none of the engine's formulas: polygons by their winding number on
 * a plane of degrees, each edge the short way round. Undefined within five centimetres of an edge: there it may round.
 */
export function holds({ geometry, radiusM = 0 }: Raw, lng: number, lat: number): boolean | undefined {
  if (geometry.type === 'Point') {
    const [x = 0, y = 0] = geometry.coordinates;
    const beyondM = metres(x, y, lng, lat) - radiusM;
    return Math.abs(beyondM) < 0.05 ? undefined : beyondM < 0;
  }
  const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  let isIn = false;
  for (const rings of parts) {
    let turns = 0;
    for (const ring of rings) {
      const winding = windingOf(ring, lng, lat);
      if (winding === undefined) return undefined;
      turns += Math.abs(winding);
    }
    isIn ||= turns % 2 === 1;
  }
  return isIn;
}

/** How often a ring goes round a point. */
function windingOf(ring: readonly number[][], lng: number, lat: number): number | undefined {
  const squeeze = Math.cos(rad(lat));
  const [startX = 0, startY = 0] = ring[0] ?? [];
  // The frame of longitudes in which the ring begins nearest to the point; others are a turn away on either side.
  let winding = 0;
  for (const turn of [-360, 0, 360]) {
    let x = fold(startX - lng) + turn;
    let y = startY - lat;
    for (const [nextLng = 0, nextLat = 0] of ring.slice(1)) {
      const nextX = x + fold(nextLng - lng - x);
      const nextY = nextLat - lat;
      if (isWithin(x * squeeze, y, nextX * squeeze, nextY, 0.05 / 111_195)) return undefined;
      const side = x * (nextY - y) - (nextX - x) * y;
      if (y <= 0 && nextY > 0 && side > 0) winding += 1;
      if (y > 0 && nextY <= 0 && side < 0) winding -= 1;
      [x, y] = [nextX, nextY];
    }
  }
  return winding;
}

/** Whether the origin is nearer to an edge than that. */
function isWithin(ax: number, ay: number, bx: number, by: number, reach: number): boolean {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length));
  return Math.hypot(ax + t * dx, ay + t * dy) < reach;
}
