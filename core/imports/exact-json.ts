/**
 * JSON whose whole numbers stay exact: one that a double cannot hold becomes its digits as text. The ids of shops have 64
 * bits, and `820982911946154508` read as a number is another order's.
 */
export function parseExact(json: string): unknown {
  const exact = (_: string, value: unknown, { source }: { source: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;
  return JSON.parse(json, exact as Parameters<typeof JSON.parse>[1]);
}
