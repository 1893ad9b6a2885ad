import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PositionSchema } from '#core/model/position.ts';
import { sortPositions } from '#functions/ingest/positions.ts';

const NOW = Date.parse('2026-11-23T08:00:00Z');
const good = { deviceId: 'phone-1', at: '2026-11-23T07:59:59Z', lng: 121.47, lat: 31.23 };
const odd = fc.oneof(
  fc.constantFrom(null, true, '', '7', 'wgs84', 'gcj02', [], {}, -0, 180, 180.000001, -90, 1e7, 1e300, 'ä'.repeat(101)),
  fc.constantFrom('2026-11-23T07:59:59+08:00', '2026-11-23', '2026-02-29T00:00:00Z', '2024-02-29T00:00:00.5Z'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const names = fc.constantFrom(...Object.keys(PositionSchema.shape), 'toString', 'constructor', 'x');

test('a compiled schema takes and refuses what the schema itself does', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, odd), { maxLength: 2 }), names, (changes, missing) => {
      // As a body comes in: `__proto__` and the like are names of its own.
      const item: unknown = JSON.parse(JSON.stringify({ ...good, ...Object.fromEntries(changes) }));
      if (changes.length === 0) delete (item as Record<string, unknown>)[missing];
      const expected = PositionSchema.safeParse(item);
      const { accepted, rejected } = sortPositions({ positions: [item] }, NOW);
      const isInTime = expected.success && Date.parse(expected.data.at) <= NOW;
      expect(accepted).toEqual(isInTime ? [expected.data] : []);
      expect(rejected.length).toBe(isInTime ? 0 : 1);
    }),
    { numRuns: 3000 },
  );
});

test('what no value may hold is refused wherever in the list it lies', () => {
  const body = { positions: [good, { ...good, deviceId: 'half \ud800' }] };
  expect(() => sortPositions(body, NOW)).toThrow(
    expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/positions/1/deviceId' })] }),
  );
});
