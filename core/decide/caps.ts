import type { BrandRules } from '../model/brand.ts';
import type { Campaign } from '../model/campaign.ts';
import { type Cap, durationMs } from '../model/common.ts';
import type { Case, Facts } from './facts.ts';
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

const campaignCaps = ({ limits }: Pick<Campaign, 'limits'>): ScopedCap[] => [
  ...scoped('campaign', limits.perPerson),
  ...scoped('campaign-place', limits.perPersonPerPlace),
];
const brandCaps = ({ perPerson, perPersonPerPlace }: BrandRules): ScopedCap[] => [
  ...scoped('brand', perPerson),
  ...scoped('brand-place', perPersonPerPlace),
];
const scoped = (scope: CapScope, cap: Cap | undefined): ScopedCap[] => (cap ? [{ scope, cap }] : []);

/** Counts what is dated in the future too: a clock that ran ahead gives nobody more. */
function capLimit({ scope, cap }: ScopedCap, { standing, place, now }: Facts, campaignId?: string): Limit {
  const since = now - durationMs(cap.window);
  const ofCampaign = scope === 'campaign' || scope === 'campaign-place';
  const atPlace = scope === 'campaign-place' || scope === 'brand-place';
  const had = standing.pastOffers.filter(
    (past) =>
      past.at > since &&
      (!ofCampaign || past.campaignId === campaignId) &&
      (!atPlace || past.placeId === place?.placeId),
  ).length;
  return { scope, left: cap.count - had, values: { had, limit: cap.count, window: cap.window } };
}
