import { INSIDE, TEST, UNIT_RADIANS, X_SPAN } from './grid.ts';
import { type CellCircle, latOf } from './shape.ts';
import { type Classify, type Row, SUBS } from './sub-cells.ts';

/** Far above the rounding of the sums below, far below a millimetre. */
const SLACK = 1e-12;

/** Of each column of sub-cells, the least and greatest `sin²(Δlng/2)`; grown as wanted, and used by one circle at a time. */
let leastAcross = new Float64Array(256);
let mostAcross = new Float64Array(256);

/**
 * Haversine distance is `sin²(Δlat/2) + cos(lat) cos(lat₀) sin²(Δlng/2)`; over a sub-cell each factor has a least and a
 * greatest value of its own, and so the sum has bounds that are safe, and close, as a sub-cell is small.
 */
export function circleClassifier(circle: CellCircle): Classify {
  const lat0 = latOf(circle.y);
  const near = circle.limit * (1 - SLACK);
  const far = circle.limit * (1 + SLACK);
  let [west, width, columns] = [0, 0, 0];
  return (row, into) => {
    // The same for all rows of a band.
    if (row.west !== west || row.width !== width || row.columns !== columns) {
      ({ west, width, columns } = row);
      readColumns(circle, row);
    }
    for (let y = 0; y < SUBS; y += 1) {
      const { least, most, cosLow, cosHigh } = bandRange(
        lat0,
        latOf(row.south + y * row.height),
        latOf(row.south + (y + 1) * row.height),
      );
      for (let x = 0; x < columns; x += 1) {
        const high = most + circle.cosLat * cosHigh * (mostAcross[x] as number);
        const low = least + circle.cosLat * cosLow * (leastAcross[x] as number);
        into[y * columns + x] = high <= near ? INSIDE : low > far ? 0 : TEST;
      }
    }
  };
}

/** Between two parallels: the range of `sin²(Δlat/2)`, and of the cosine, which falls away from the equator. */
function bandRange(lat0: number, south: number, north: number) {
  const [atSouth, atNorth] = [sin2Half(south - lat0), sin2Half(north - lat0)];
  const [cosSouth, cosNorth] = [Math.max(0, Math.cos(south)), Math.max(0, Math.cos(north))];
  return {
    least: south <= lat0 && lat0 <= north ? 0 : Math.min(atSouth, atNorth),
    most: Math.max(atSouth, atNorth),
    cosLow: Math.min(cosSouth, cosNorth),
    cosHigh: south <= 0 && north >= 0 ? 1 : Math.max(cosSouth, cosNorth),
  };
}

function readColumns(circle: CellCircle, { west, width, columns }: Row): void {
  if (columns > leastAcross.length) {
    leastAcross = new Float64Array(columns * 2);
    mostAcross = new Float64Array(columns * 2);
  }
  for (let x = 0; x < columns; x += 1) {
    const from = offsetOf(west + x * width - circle.x);
    const to = from + width;
    const [atFrom, atTo] = [sin2Half(from * UNIT_RADIANS), sin2Half(to * UNIT_RADIANS)];
    const holdsCentre = (from <= 0 && to >= 0) || to >= X_SPAN;
    leastAcross[x] = holdsCentre ? 0 : Math.min(atFrom, atTo);
    mostAcross[x] = to >= X_SPAN / 2 ? 1 : Math.max(atFrom, atTo);
  }
}

/** In [-half a turn, half a turn). */
const offsetOf = (x: number): number => x - X_SPAN * Math.floor(x / X_SPAN + 0.5);

function sin2Half(angle: number): number {
  const sine = Math.sin(angle / 2);
  return sine * sine;
}
