/** A point of the demo city in metres: x to the east, y to the north of the city's centre. */
export type XY = readonly [x: number, y: number];
export type LngLat = [lng: number, lat: number];

const METRES_PER_DEGREE = 111_195;

/** Converts between metres around `center` and WGS-84 degrees; over two kilometres the error stays below 1 dm. */
export function planeAt(center: LngLat): { toLngLat: (point: XY) => LngLat; toXY: (point: LngLat) => XY } {
  const [lng0, lat0] = center;
  const perLng = METRES_PER_DEGREE * Math.cos((lat0 * Math.PI) / 180);
  return {
    // Seven decimals are a centimetre; more would only make the JSON longer.
    toLngLat: ([x, y]) => [round7(lng0 + x / perLng), round7(lat0 + y / METRES_PER_DEGREE)],
    toXY: ([lng, lat]) => [(lng - lng0) * perLng, (lat - lat0) * METRES_PER_DEGREE],
  };
}

const round7 = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;

export const distance = (a: XY, b: XY): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

export const between = (a: XY, b: XY, t: number): XY => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];

/** Point in polygon with holes, by ray casting; rings may be open or closed. */
export function isInside(point: XY, rings: readonly (readonly XY[])[]): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let index = 0, last = ring.length - 1; index < ring.length; last = index, index += 1) {
      const a = ring[index] as XY;
      const b = ring[last] as XY;
      if (a[1] > point[1] !== b[1] > point[1]) {
        const x = a[0] + ((point[1] - a[1]) / (b[1] - a[1])) * (b[0] - a[0]);
        if (point[0] < x) inside = !inside;
      }
    }
  }
  return inside;
}
