/** IUGG mean Earth radius R1 in metres: the sphere on which every distance here is measured (Moritz 2000, Geodetic Reference System 1980). */
export const EARTH_RADIUS_M = 6_371_008.8;

export const RADIANS = Math.PI / 180;

/** Metres in one degree of latitude on that sphere. */
export const DEGREE_M = EARTH_RADIUS_M * RADIANS;

/** Degrees of longitude and latitude; `west <= east`. */
export type Box = { west: number; south: number; east: number; north: number };

/** Widens boxes beyond floating-point error (1e-9 degrees is 0.1 mm), so that a candidate is never lost. */
const BOX_PADDING_DEGREES = 1e-9;

/** Great-circle distance in metres between two WGS-84 points in degrees (Sinnott 1984, "Virtues of the Haversine"). */
export function haversineM(lngA: number, latA: number, lngB: number, latB: number): number {
  const sinLat = Math.sin(((latB - latA) * RADIANS) / 2);
  const sinLng = Math.sin(((lngB - lngA) * RADIANS) / 2);
  const h = sinLat * sinLat + Math.cos(latA * RADIANS) * Math.cos(latB * RADIANS) * sinLng * sinLng;
  // Rounding can lift h a hair above 1 for antipodes.
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** Longitude in [-180, 180): the antimeridian has one name. */
export function foldLng(lng: number): number {
  if (lng >= -180 && lng < 180) return lng;
  return lng - 360 * Math.floor((lng + 180) / 360);
}

/**
 * Boxes that hold every point within `radiusM` of a point: one, or two where the circle crosses the antimeridian.
 * A circle that reaches a pole spans all longitudes (Bronshtein, "spherical cap": sin(dLng) = sin(r) / cos(lat)).
 */
export function circleBoxes(lng: number, lat: number, radiusM: number): Box[] {
  const radius = radiusM / EARTH_RADIUS_M;
  const latReach = radius / RADIANS + BOX_PADDING_DEGREES;
  const south = Math.max(-90, lat - latReach);
  const north = Math.min(90, lat + latReach);
  if (south <= -90 || north >= 90) return [{ west: -180, south, east: 180, north }];
  const lngReach = Math.asin(Math.min(1, Math.sin(radius) / Math.cos(lat * RADIANS))) / RADIANS + BOX_PADDING_DEGREES;
  const center = foldLng(lng);
  return splitBox({ west: center - lngReach, south, east: center + lngReach, north });
}

/** Cuts a box that reaches beyond the antimeridian, on either side, into boxes within [-180, 180]. */
export function splitBox(box: Box): Box[] {
  if (box.east - box.west >= 360) return [{ ...box, west: -180, east: 180 }];
  if (box.west < -180) {
    return [
      { ...box, west: box.west + 360, east: 180 },
      { ...box, west: -180 },
    ];
  }
  if (box.east >= 180) {
    return [
      { ...box, east: 180 },
      { ...box, west: -180, east: box.east - 360 },
    ];
  }
  return [box];
}
