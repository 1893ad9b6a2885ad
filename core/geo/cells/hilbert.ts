import { X_SPAN, Y_SPAN } from './grid.ts';

/**
 * Where a point comes on a Hilbert curve of 2^16 by 2^16 squares: what is near on the curve is near on earth, so that
 * what is asked for together lies together in memory. (Skilling 2004, "Programming the Hilbert curve"; this is the
 * two-dimensional walk of Wikipedia's xy2d.)
 */
export function curveOrder(unitX: number, unitY: number): number {
  let x = Math.min(65_535, Math.floor((unitX / X_SPAN) * 65_536));
  let y = Math.min(65_535, Math.floor((unitY / Y_SPAN) * 65_536));
  let order = 0;
  for (let side = 32_768; side > 0; side >>= 1) {
    const right = (x & side) > 0 ? 1 : 0;
    const up = (y & side) > 0 ? 1 : 0;
    order += side * side * ((3 * right) ^ up);
    if (up === 0) {
      if (right === 1) {
        x = 65_535 - x;
        y = 65_535 - y;
      }
      [x, y] = [y, x];
    }
  }
  return order;
}
