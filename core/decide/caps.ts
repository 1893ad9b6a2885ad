import type { BrandRules } from '../model/brand.ts';
import type { Campaign } from '../model/campaign.ts';
import { type Cap, durationMs } from '../model/common.ts';
import type { Case, Facts, PastOffer } from './facts.ts';
import type { Limit } from './gates/limits.ts';

/** What a cap counts: offers of one campaign or of the whole brand, everywhere or at one place. */
export type CapScope = 'campaign' | 'campaign-place' | 'brand' | 'brand-place';
type ScopedCap = { scope: CapScope; cap: Cap };

/** How much of the campaign's and the brand's caps is left to the person, in the order in which a decision asks. */
export function capLimits(gateCase: Case): Limit[] {
  return [...campaignCaps(gateCase.campaign), ...brandCaps(gateCase.brand)].map((scoped) =>
    capLimit(scoped, gateCase, gateCase.campaign.campaignId),
  );
}

/** The same for the brand's caps alone: what every campaign of one decision draws on together. */
export function brandCapLimits(facts: Facts): Limit[] {
  return brandCaps(facts.brand).map((scoped) => capLimit(scoped, facts));
}

/** How long a past offer still matters to any window, in milliseconds: what is older need not be kept. */
export function pastOfferHorizonMs(campaigns: readonly Pick<Campaign, 'limits'>[], brand: BrandRules): number {
  const caps = [...campaigns.flatMap(campaignCaps), ...brandCaps(brand)];
  return Math.max(0, ...caps.map(({ cap }) => durationMs(cap.window)));
}

/**
 * The past offers worth keeping after a decision at `now`, in their order: none older than the horizon, and of the
 * others the `most` newest and whatever a cap may still count. A cap of `count` asks for no more than the `count`
 * newest of its scope, so nothing that is let go can ever change a verdict.
 */
export function keptPastOffers(
  pastOffers: readonly PastOffer[],
  { campaigns, brand, now, most }: { campaigns: readonly Campaign[]; brand: BrandRules; now: number; most: number },
): PastOffer[] {
  const horizon = now - pastOfferHorizonMs(campaigns, brand);
  const young = pastOffers.filter(({ at }) => at > horizon);
  if (young.length <= most) return young;
  const capsOf = new Map(campaigns.map((campaign) => [campaign.campaignId, campaignCaps(campaign)]));
  const counted = new Map<string, number>();
  const kept = new Set<PastOffer>();
  for (const [index, past] of young.toSorted((left, right) => right.at - left.at).entries()) {
    if (index < most) kept.add(past);
    for (const { scope, cap } of [...(capsOf.get(past.campaignId) ?? []), ...brandCaps(brand)]) {
      const campaignId = isOfCampaign(scope) ? past.campaignId : null;
      const placeId = isAtPlace(scope) ? (past.placeId ?? null) : null;
      const key = JSON.stringify([scope, campaignId, placeId]);
      const newer = counted.get(key) ?? 0;
      counted.set(key, newer + 1);
      if (newer < cap.count && past.at > now - durationMs(cap.window)) kept.add(past);
    }
  }
  return young.filter((past) => kept.has(past));
}

const campaignCaps = ({ limits }: Pick<Campaign, 'limits'>): ScopedCap[] => [
  ...scoped('campaign', limits.perPerson),
  ...scoped('campaign-place', limits.perPersonPerPlace),
];
const brandCaps = ({ perPerson, perPersonPerPlace }: BrandRules): ScopedCap[] => [
  ...scoped('brand', perPerson),
  ...scoped('brand-place', perPersonPerPlace),
];
const scoped = (scope: CapScope, cap: Cap | undefined): ScopedCap[] => (cap ? [{ scope, cap }] : []);

const isOfCampaign = (scope: CapScope): boolean => scope === 'campaign' || scope === 'campaign-place';
const isAtPlace = (scope: CapScope): boolean => scope === 'campaign-place' || scope === 'brand-place';

/** Counts what is dated in the future too: a clock that ran ahead gives nobody more. */
function capLimit({ scope, cap }: ScopedCap, { standing, place, now }: Facts, campaignId?: string): Limit {
  const since = now - durationMs(cap.window);
  const had = standing.pastOffers.filter(
    (past) =>
      past.at > since &&
      (!isOfCampaign(scope) || past.campaignId === campaignId) &&
      (!isAtPlace(scope) || past.placeId === place?.placeId),
  ).length;
  return { scope, left: cap.count - had, values: { had, limit: cap.count, window: cap.window } };
}
