/**
 * The grid under the index. Positions are counted in units of 1e-7 degrees (11 mm) from the antimeridian and the south
 * pole, so that both fit 32 bits: x in [0, 3.6e9), y in [0, 1.8e9].
 *
 * A level has cells of `2 ** bits` units of latitude: 91 m, 730 m, 5.8 km, 47 km. Eight by eight cells make a block, the
 * thing that is looked up; four by four sub-cells make a cell, each wholly outside a shape, wholly inside, or to be tested.
 * Towards the poles cells are twice, four times, ... as many units wide, so that they stay about as wide in metres.
 */
export const LEVEL_BITS = [13, 16, 19, 22] as const;
const UNITS = 1e7;
export const X_SPAN = 360 * UNITS;
export const Y_SPAN = 180 * UNITS;
/** Of a block in cells, and of a cell in sub-cells, along one side: powers of two. */
export const BLOCK_BITS = 3;
export const SUB_BITS = 2;

/** What is known of a sub-cell: two bits of a cell's mask. */
export const INSIDE = 1;
export const TEST = 2;

/** Degrees of latitude where a parallel is a half, a quarter, ... of the equator: from there cells are twice, ... as wide. */
const BAND_DEGREES = [1, 2, 3, 4, 5, 6].map((band) => (Math.acos(2 ** -band) * 180) / Math.PI);

/** The block rows of a level beyond which, north and south of the equator, each band begins. */
export type Bands = { north: Float64Array; south: Float64Array };

export function bandsOf(bits: number): Bands {
  const rowUnits = 2 ** (bits + BLOCK_BITS);
  return {
    north: Float64Array.from(BAND_DEGREES, (degrees) => Math.ceil(((90 + degrees) * UNITS) / rowUnits)),
    south: Float64Array.from(BAND_DEGREES, (degrees) => Math.floor(((90 - degrees) * UNITS) / rowUnits) - 1),
  };
}

/** How often the width of a block row's cells is doubled. */
export function bandOf({ north, south }: Bands, blockRow: number): number {
  let band = 0;
  while (band < north.length && (blockRow >= (north[band] as number) || blockRow <= (south[band] as number))) band += 1;
  return band;
}

/** A block of a level by one number: at the finest level, 15 bits of row and 16 of column. */
export const blockKey = (blockRow: number, blockCol: number): number => ((blockRow << 16) | blockCol) >>> 0;

/** Fibonacci hashing (Knuth, TAOCP 3, 6.4): the upper bits of the product are the best mixed. */
export const hashOf = (key: number, shift: number): number => Math.imul(key, 0x9e3779b1) >>> shift;

/** Added and taken away again, it leaves of a number below it the multiple of 2^-16 that is nearest: a double has 53 bits. */
const QUANTUM = 1.5 * 2 ** 36;

/**
 * Units from degrees, to 2^-16 of a unit (0.17 micrometres). What is a multiple of 1e-7 degrees, as every corner of a
 * place is, comes out whole: a query on an edge is on it.
 */
export const unitsOf = (degreesFromOrigin: number): number => degreesFromOrigin * UNITS + QUANTUM - QUANTUM;

/** Of a longitude in [-180, 180); what rounds up to 180 is -180. */
export function xOf(lng: number): number {
  const x = unitsOf(lng + 180);
  return x < X_SPAN ? x : x - X_SPAN;
}
export const yOf = (lat: number): number => unitsOf(lat + 90);
/** Radians in a unit. */
export const UNIT_RADIANS = Math.PI / 180 / UNITS;
