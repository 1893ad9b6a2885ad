import { INSIDE, TEST, UNIT_RADIANS, X_SPAN } from './grid.ts';
import { type CellCircle, latOf } from './shape.ts';
import { type Classify, type Row, SUBS } from './sub-cells.ts';

/** Far above the rounding of the sums below, far below a millimetre. */
const SLACK = 1e-12;

/**
 * Haversine distance is `sin²(Δlat/2) + cos(lat) cos(lat₀) sin²(Δlng/2)`; over a sub-cell each factor has a least and a
 * greatest value of its own, and so the sum has bounds that are safe, and close, as a sub-cell is small.
 */
export function circleClassifier(circle: CellCircle): Classify {
  const lat0 = latOf(circle.y);
  const near = circle.limit * (1 - SLACK);
  const far = circle.limit * (1 + SLACK);
  return (row, into) => {
    const across = acrossOf(circle, row);
    for (let y = 0; y < SUBS; y += 1) {
      const south = latOf(row.south + y * row.height);
      const north = latOf(row.south + (y + 1) * row.height);
      const gap = Math.max(0, south - lat0, lat0 - north);
      const reach = Math.max(Math.abs(south - lat0), Math.abs(north - lat0));
      const least = square(Math.sin(gap / 2));
      const most = square(Math.sin(reach / 2));
      const [cosLow, cosHigh] = cosRange(south, north);
      for (let x = 0; x < row.columns; x += 1) {
        const low = least + circle.cosLat * cosLow * (across.least[x] as number);
        const high = most + circle.cosLat * cosHigh * (across.most[x] as number);
        into[y * row.columns + x] = high <= near ? INSIDE : low > far ? 0 : TEST;
      }
    }
  };
}

/** The least and greatest `sin²(Δlng/2)` of each column of sub-cells. */
function acrossOf(circle: CellCircle, { west, width, columns }: Row): { least: Float64Array; most: Float64Array } {
  const least = new Float64Array(columns);
  const most = new Float64Array(columns);
  for (let x = 0; x < columns; x += 1) {
    const from = offsetOf(west + x * width - circle.x);
    const to = from + width;
    // Both ends, and the half turn where the column holds it.
    const gap = from <= 0 && to >= 0 ? 0 : Math.min(Math.abs(from), Math.abs(to), Math.abs(X_SPAN - to));
    const reach = to >= X_SPAN / 2 ? X_SPAN / 2 : Math.max(Math.abs(from), Math.abs(to));
    least[x] = square(Math.sin((gap * UNIT_RADIANS) / 2));
    most[x] = square(Math.sin((reach * UNIT_RADIANS) / 2));
  }
  return { least, most };
}

/** In [-half a turn, half a turn). */
const offsetOf = (x: number): number => x - X_SPAN * Math.floor(x / X_SPAN + 0.5);
const square = (value: number): number => value * value;

/** Of latitudes between two: the cosine falls away from the equator. */
function cosRange(south: number, north: number): [low: number, high: number] {
  const [a, b] = [Math.max(0, Math.cos(south)), Math.max(0, Math.cos(north))];
  return [Math.min(a, b), south <= 0 && north >= 0 ? 1 : Math.max(a, b)];
}
