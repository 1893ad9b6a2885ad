import type { CoordinateSystem } from '../model/coordinate-system.ts';

/**
 * The coordinate systems that maps of China are drawn in, and WGS-84, in which everything is kept. All in degrees.
 *
 * GCJ-02 (AMap, Tencent) shifts what lies in China by up to 700 m; BD-09 (Baidu) shifts that by another 800 m. Neither
 * has been published by who made it; the formula is the one that leaked and that every library has
 * (https://github.com/googollee/eviltransform, https://github.com/wandergis/coordtransform). What the services
 * themselves answer is within 15 cm of it for AMap, within 1 m for Baidu (`test/cases/coordinate-systems.json`). The
 * inverses have no formula: they are found by iteration, to less than a millimetre.
 *
 * **Where**: in `SHIFTED` but not in `UNSHIFTED`, boxes drawn round the mainland with Hong Kong and Macau and without
 * Taiwan. Elsewhere the three systems are one. At that border the shift begins at once, so within 1.5 km outside it a
 * number may be one place's GCJ-02 and another's WGS-84: it is then taken for the shifted one.
 */
type Degrees = readonly [lng: number, lat: number];
type Box = readonly [west: number, south: number, east: number, north: number];

/** Source: http://www.cnblogs.com/Aimeast/archive/2012/08/09/2629614.html, whose boxes are in common use. */
const SHIFTED: readonly Box[] = [
  [79.4462, 42.8899, 96.33, 49.2204],
  [109.6872, 39.3742, 135.0002, 54.1415],
  [73.1246, 29.5297, 124.143255, 42.8899],
  [82.9684, 26.7186, 97.0352, 29.5297],
  [97.0253, 20.414096, 124.367395, 29.5297],
  [107.975793, 17.871542, 111.744104, 20.414096],
];
const UNSHIFTED: readonly Box[] = [
  // Taiwan.
  [119.921265, 21.785006, 122.497559, 25.398623],
  // Vietnam and Laos.
  [101.8652, 20.0988, 106.665, 22.284],
  [106.4525, 20.4878, 108.051, 21.5422],
  // Russia.
  [109.0323, 50.3257, 119.127, 55.8175],
  [127.4568, 49.5574, 137.0227, 55.8175],
  [131.2662, 42.5692, 137.0227, 44.8922],
];

/** Krasovsky 1940: metres, and the square of the eccentricity. */
const AXIS_M = 6_378_245;
const ECCENTRICITY_2 = 0.006_693_421_622_965_943;

/** Each step leaves at most a fiftieth of the error before it: 1.5 km become 10^-10 m. */
const STEPS = 8;

/** A position of any of the systems in WGS-84. */
export function toWgs84(system: CoordinateSystem, position: Degrees): Degrees {
  return isShiftedIn(system, position) ? unshift(system, position) : position;
}

/** A position in WGS-84 as one of the systems has it. */
export function fromWgs84(system: CoordinateSystem, position: Degrees): Degrees {
  return system === 'wgs84' || !isShifted(position) ? position : shift(system, position);
}

type Shape = { type?: unknown; coordinates?: unknown };

/**
 * A GeoJSON geometry in WGS-84, whatever it is. It is taken as a whole, as its first position is, so that a place on the
 * border is not torn; what are no positions near China stays as it is, for `normalisePlaceGeometry` to refuse. Lengths
 * such as a radius stay what they are: the systems shift, and stretch by less than a fiftieth.
 */
export function geometryToWgs84<G extends Shape>(system: CoordinateSystem | undefined, geometry: G): G {
  if (system === undefined || system === 'wgs84') return geometry;
  const first = firstPosition(geometry.coordinates);
  if (!first || !isShiftedIn(system, first)) return geometry;
  const convert = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value;
    return isPosition(value) && isNearChina(value)
      ? [...unshift(system, value), ...value.slice(2)]
      : value.map(convert);
  };
  return { ...geometry, coordinates: convert(geometry.coordinates) };
}

/** Bodies nest less deeply than a stack: see `MAX_DEPTH` at the door. */
function firstPosition(value: unknown): Degrees | undefined {
  if (!Array.isArray(value)) return undefined;
  return isPosition(value) ? value : firstPosition(value[0]);
}

function isPosition(value: unknown[]): value is unknown[] & [number, number] {
  return Number.isFinite(value[0]) && Number.isFinite(value[1]);
}

/** Where the formula is well behaved. */
const isNearChina = (position: Degrees): boolean => isIn([60, 0, 150, 65], position);

function isShiftedIn(system: CoordinateSystem, position: Degrees): boolean {
  return system !== 'wgs84' && isNearChina(position) && isShifted(unshift(system, position));
}

const isShifted = (position: Degrees): boolean =>
  SHIFTED.some((box) => isIn(box, position)) && !UNSHIFTED.some((box) => isIn(box, position));

const isIn = ([west, south, east, north]: Box, [lng, lat]: Degrees): boolean =>
  lng >= west && lng <= east && lat >= south && lat <= north;

function shift(system: CoordinateSystem, position: Degrees): Degrees {
  return system === 'bd09' ? gcj02ToBd09(wgs84ToGcj02(position)) : wgs84ToGcj02(position);
}

function unshift(system: CoordinateSystem, position: Degrees): Degrees {
  const gcj02 = system === 'bd09' ? inverse(gcj02ToBd09, position) : position;
  return inverse(wgs84ToGcj02, gcj02);
}

/** What `forward` makes `position` of. */
function inverse(forward: (position: Degrees) => Degrees, position: Degrees): Degrees {
  let [lng, lat] = position;
  for (let step = 0; step < STEPS; step += 1) {
    const reached = forward([lng, lat]);
    lng += position[0] - reached[0];
    lat += position[1] - reached[1];
  }
  return [lng, lat];
}

function wgs84ToGcj02([lng, lat]: Degrees): Degrees {
  const x = lng - 105;
  const y = lat - 35;
  const common = 20 * wave(x, 6) + 20 * wave(x, 2);
  const eastM =
    300 +
    x +
    2 * y +
    0.1 * x * x +
    0.1 * x * y +
    0.1 * Math.sqrt(Math.abs(x)) +
    (2 / 3) * (common + 20 * wave(x, 1) + 40 * wave(x, 1 / 3) + 150 * wave(x, 1 / 12) + 300 * wave(x, 1 / 30));
  const northM =
    -100 +
    2 * x +
    3 * y +
    0.2 * y * y +
    0.1 * x * y +
    0.2 * Math.sqrt(Math.abs(x)) +
    (2 / 3) * (common + 20 * wave(y, 1) + 40 * wave(y, 1 / 3) + 160 * wave(y, 1 / 12) + 320 * wave(y, 1 / 30));
  const latitude = (lat * Math.PI) / 180;
  const flattening = 1 - ECCENTRICITY_2 * Math.sin(latitude) ** 2;
  // Metres of one radian along the parallel and along the meridian.
  const parallelM = (AXIS_M / Math.sqrt(flattening)) * Math.cos(latitude);
  const meridianM = (AXIS_M * (1 - ECCENTRICITY_2)) / flattening ** 1.5;
  return [lng + (eastM / parallelM) * (180 / Math.PI), lat + (northM / meridianM) * (180 / Math.PI)];
}

const wave = (degrees: number, halfTurns: number): number => Math.sin(degrees * halfTurns * Math.PI);

function gcj02ToBd09([lng, lat]: Degrees): Degrees {
  const turns = (3000 * Math.PI) / 180;
  const radius = Math.hypot(lng, lat) + 0.00002 * Math.sin(lat * turns);
  const angle = Math.atan2(lat, lng) + 0.000003 * Math.cos(lng * turns);
  return [radius * Math.cos(angle) + 0.0065, radius * Math.sin(angle) + 0.006];
}
