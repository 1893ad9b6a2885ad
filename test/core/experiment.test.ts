import { describe, expect, it } from 'vitest';
import { digestId, unitInterval } from '#core/hash.ts';
import { chiSquared } from './chi-squared.ts';

const IDS = 100_000;
const CAMPAIGNS: [string, string][] = [
  ['milk', 'bread'],
  ['campaign-1', 'campaign-2'],
  ['a', 'b'],
  ['summer-2026', 'summer-2027'],
];
/** How ids come in practice: counted, padded, random, mail-like. */
const SHAPES: [string, (index: number) => string][] = [
  ['counted', (index) => String(index)],
  ['padded', (index) => `p-${String(index).padStart(8, '0')}`],
  ['hashed', (index) => digestId('person', String(index))],
  ['long', (index) => `${'member-of-the-harbour-dairy-'.repeat(2)}${index}`.slice(-64)],
];

/** In which of `buckets` each of 100,000 people falls. */
const bucketsOf = (campaign: string, shape: (index: number) => string, buckets: number): number[] =>
  Array.from({ length: IDS }, (_, index) => Math.floor(unitInterval(campaign, shape(index)) * buckets));

function count(values: readonly number[], buckets: number): number[] {
  const counts = new Array<number>(buckets).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe('the bucket of a person', () => {
  it('is stable: these values are in people’s histories, and must never change', () => {
    expect([
      unitInterval('milk', 'mei'),
      unitInterval('milk', 'li'),
      unitInterval('bread', 'mei'),
      unitInterval('summer-2026', 'p-000001'),
      unitInterval('', ''),
    ]).toEqual([0.8735864798072726, 0.7806794920470566, 0.7824082931037992, 0.7214698193129152, 0.1435040095821023]);
  });

  it.each(SHAPES)('is even over %s ids: χ² over 100 buckets', (_, shape) => {
    for (const campaign of CAMPAIGNS.flat()) {
      // 99 degrees of freedom: 172 is exceeded by chance once in 100,000; the draw is fixed, there are 32 of them.
      expect(chiSquared(count(bucketsOf(campaign, shape, 100), 100)), campaign).toBeLessThan(172);
    }
  });

  it.each(SHAPES)('in one campaign says nothing about another’s: χ² over 10 by 10 buckets of %s ids', (_, shape) => {
    for (const [one, other] of CAMPAIGNS) {
      const right = bucketsOf(other, shape, 10);
      const pairs = bucketsOf(one, shape, 10).map((left, index) => left * 10 + (right[index] ?? 0));
      expect(chiSquared(count(pairs, 100)), `${one}, ${other}`).toBeLessThan(172);
    }
  });

  it('holds out who it is told to: within four standard errors of 10 %', () => {
    for (const campaign of CAMPAIGNS.flat()) {
      const heldOut = bucketsOf(campaign, String, 10).filter((bucket) => bucket === 0).length;
      expect(Math.abs(heldOut - IDS / 10)).toBeLessThan(4 * Math.sqrt(IDS * 0.1 * 0.9));
    }
  });

  it('lies in [0, 1)', () => {
    for (let index = 0; index < IDS; index += 1) {
      const value = unitInterval('milk', `${index}é美`);
      if (!(value >= 0 && value < 1)) expect.fail(`${value} of ${index}`);
    }
  });
});

describe('an id that follows from its cause', () => {
  it('is the same for the same parts, and tells where one part ends', () => {
    expect(digestId('a', 'b')).toBe(digestId('a', 'b'));
    const ids = [
      digestId('a', 'b'),
      digestId('ab'),
      digestId('', 'ab'),
      digestId('ab', ''),
      digestId('1:a', 'b'),
      digestId(),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is an id, and stable', () => {
    expect(digestId('a', 'b')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(digestId('a', 'b')).toBe('-s3eer8erFswEnOrLigveb');
  });
});
