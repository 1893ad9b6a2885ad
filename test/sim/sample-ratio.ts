import type { Truth } from './truth.ts';

/** Of one campaign in one seed: how many people were in the experiment, and how many of them were held out. */
export type Exposure = { percent: number; people: number; heldOut: number };

/** Whoever was offered, or would have been, once for each campaign: by what was decided about them first. */
export function drawExposures(truth: Truth): Exposure[] {
  const first = new Map<string, { campaignId: string; heldOut: boolean; at: number }>();
  for (const { entry, at } of truth.ledger.values()) {
    for (const { campaignId, outcome } of entry.decisions) {
      if (outcome === 'skipped') continue;
      const key = `${campaignId}/${entry.personId}`;
      const known = first.get(key);
      if (!known || at < known.at) first.set(key, { campaignId, heldOut: outcome === 'held-out', at });
    }
  }
  const byCampaign = Map.groupBy(first.values(), ({ campaignId }) => campaignId);
  return [...byCampaign].flatMap(([campaignId, people]) => {
    const percent = truth.campaigns.get(campaignId)?.body.experiment?.holdoutPercent ?? 0;
    if (percent === 0) return [];
    return { percent, people: people.length, heldOut: people.filter(({ heldOut }) => heldOut).length };
  });
}

export type SampleRatio = { people: number; heldOut: number; expected: number; chiSquared: number; p: number };

/**
 * Sample-ratio test: whether as many were held out as should have been, over all campaigns of all seeds; chi-squared
 * with one degree of freedom, in the normal approximation. A tilt means that the two groups cannot be compared.
 */
export function sampleRatio(exposures: readonly Exposure[]): SampleRatio {
  let [people, heldOut, expected, variance] = [0, 0, 0, 0];
  for (const exposure of exposures) {
    const share = exposure.percent / 100;
    people += exposure.people;
    heldOut += exposure.heldOut;
    expected += exposure.people * share;
    variance += exposure.people * share * (1 - share);
  }
  const chiSquared = variance === 0 ? 0 : (heldOut - expected) ** 2 / variance;
  return { people, heldOut, expected, chiSquared, p: complementaryError(Math.sqrt(chiSquared / 2)) };
}

/** erfc by Abramowitz and Stegun 7.1.26: within 1.5e-7. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sum * Math.exp(-x * x);
}
