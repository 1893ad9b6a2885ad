import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '#core/decide/facts.ts';
import { experiment } from '#core/decide/gates/experiment.ts';
import { digestId, unitInterval } from '#core/hash.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { aCampaign } from '#test/support/builders.ts';
import { chiSquared } from './chi-squared.ts';

const IDS = 50_000;
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

const SEED = Number(process.env.SEED ?? 20261122);
const PAIRS_OF_CAMPAIGNS = 12;
/** What a marketer calls a campaign, the next one often by one letter or digit more. */
const anId = fc.oneof(
  fc.stringMatching(/^[a-z0-9._-]{1,12}$/),
  fc.integer({ min: 1, max: 30 }).map((index) => `campaign-${index}`),
);
const PEOPLE = Array.from({ length: IDS }, (_, index) => `p-${index}`);

const sharesOf = (campaign: string): number[] => PEOPLE.map((person) => unitInterval(campaign, person));

/** Whom the gate itself holds out. */
function heldOut(campaignId: string, holdoutPercent: number): boolean[] {
  const campaign = { campaignId, experiment: { holdoutPercent } } as Campaign;
  return PEOPLE.map((personId) => !experiment.check({ campaign, person: { personId } } as Case).passed);
}

/** Pearson's r. */
function correlation(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanLeft, meanRight] = [mean(left), mean(right)];
  let [both, squareLeft, squareRight] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const [x, y] = [value - meanLeft, (right[index] ?? 0) - meanRight];
    both += x * y;
    squareLeft += x * x;
    squareRight += y * y;
  }
  return both / Math.sqrt(squareLeft * squareRight);
}

/** χ² of a two by two table (neither, right, left, both) against independence. */
function chiSquaredOfTable([neither = 0, right = 0, left = 0, both = 0]: readonly number[]): number {
  const total = neither + right + left + both;
  const margins = (neither + right) * (left + both) * (neither + left) * (right + both);
  return (total * (neither * both - right * left) ** 2) / margins;
}

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

  it('in one campaign is uncorrelated with another’s, whatever the two are called', () => {
    // r of N independent pairs is normal with deviation 1/√N: five of them are exceeded once in 1.7 million draws.
    const bound = 5 / Math.sqrt(IDS);
    const pairs = fc.sample(fc.tuple(anId, anId), { numRuns: PAIRS_OF_CAMPAIGNS, seed: SEED });
    const worst = { r: 0, campaigns: ['', ''] };
    for (const [one, other] of pairs) {
      if (one === other) continue;
      const r = correlation(sharesOf(one), sharesOf(other));
      if (Math.abs(r) > Math.abs(worst.r)) Object.assign(worst, { r, campaigns: [one, other] });
    }
    console.log(`SEED=${SEED} ${PAIRS_OF_CAMPAIGNS} pairs of campaigns, ${IDS} people: |r| at most`, worst);
    expect(Math.abs(worst.r)).toBeLessThan(bound);
  });

  it('holds out in one campaign as many of those whom another holds out as of the others', () => {
    const pairs = fc.sample(fc.tuple(anId, anId), { numRuns: PAIRS_OF_CAMPAIGNS, seed: SEED + 1 });
    let worst = 0;
    for (const [one, other] of pairs) {
      if (one === other) continue;
      const right = heldOut(other, 10);
      const both = heldOut(one, 10).map((left, index) => (left ? 2 : 0) + (right[index] ? 1 : 0));
      worst = Math.max(worst, chiSquaredOfTable(count(both, 4)));
    }
    console.log(
      `SEED=${SEED + 1} ${PAIRS_OF_CAMPAIGNS} pairs of campaigns, ${IDS} people: χ² at most ${worst.toFixed(1)}`,
    );
    // One degree of freedom: 24 is exceeded once in a million.
    expect(worst).toBeLessThan(24);
  });

  it('holds out nobody at 0, everybody at 100, and at more whoever it held out at less', () => {
    expect(heldOut('milk', 0).filter(Boolean)).toHaveLength(0);
    expect(heldOut('milk', 100).filter(Boolean)).toHaveLength(IDS);
    const [few, many] = [heldOut('milk', 5), heldOut('milk', 20)];
    expect(few.every((held, index) => !held || many[index])).toBe(true);
    expect(few.filter(Boolean).length).toBeGreaterThan(0);
  });

  it('holds out 10 % where the campaign does not say, and nobody where it says 0', () => {
    const { experiment: _, ...silent } = aCampaign();
    expect(CampaignInputSchema.parse(silent).experiment.holdoutPercent).toBe(10);
    expect(CampaignInputSchema.parse({ ...silent, experiment: {} }).experiment.holdoutPercent).toBe(10);
    expect(CampaignInputSchema.parse({ ...silent, experiment: { holdoutPercent: 0 } }).experiment.holdoutPercent).toBe(
      0,
    );
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
