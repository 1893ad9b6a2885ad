import { describe, expect, it } from 'vitest';
import { type Airing, onAirAt } from '#core/screens/on-air.ts';
import golden from '../cases/on-air.json' with { type: 'json' };

const MOMENT = Date.parse('2026-11-22T10:00:00Z');
type Told = (typeof golden.cases)[number]['airings'][number] & {
  u?: number;
  open?: boolean;
  brand?: string;
  logId?: string;
  sequence?: number;
};

const airingOf = ({
  creativeId,
  from,
  to,
  u = 2000,
  open = false,
  brand,
  logId = 'a',
  sequence = 0,
}: Told): Airing => ({
  creativeId,
  brand,
  startedAt: MOMENT + from,
  endedAt: MOMENT + to,
  open,
  uncertaintyMs: u,
  logId,
  sequence,
});

describe('what was on air', () => {
  it.each(golden.cases)('$name', ({ airings, at, lookback = 0, expected }) => {
    const to = MOMENT + at;
    const answer = onAirAt(airings.map(airingOf), { from: to - lookback, to });
    expect({
      ...answer,
      candidates: answer.candidates.map(({ brand, creativeId, share }) => [
        brand === undefined ? creativeId : `${brand}/${creativeId}`,
        share,
      ]),
    }).toEqual({
      ...expected,
      unknownShare: expect.closeTo(expected.unknownShare, 12),
      candidates: expected.candidates.map(([name, share]) => [name, expect.closeTo(share as number, 9)]),
    });
  });

  it('tells of a candidate the airing that was seen longest', () => {
    const airings = [
      airingOf({ creativeId: 'milk', from: -8000, to: -1000 }),
      airingOf({ creativeId: 'milk', from: -1000, to: 7000, sequence: 1 }),
    ];
    expect(onAirAt(airings, { from: MOMENT, to: MOMENT }).candidates).toEqual([
      { creativeId: 'milk', brand: undefined, share: 1, startedAt: MOMENT - 1000, endedAt: MOMENT + 7000 },
    ]);
  });
});
