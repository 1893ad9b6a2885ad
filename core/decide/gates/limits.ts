import type { Locale } from '../../model/campaign.ts';
import type { Detail } from '../../model/decision.ts';
import type { Case, Used, Verdict } from '../facts.ts';
import { localDay } from '../local-day.ts';

/** One of several limits that a gate asks: what it covers, how much of it is left, and the values that say so. */
export type Limit = { scope: string; left: number; values: Detail };

/** The limit of which least is left; of equals the first. */
export function nearest(limits: readonly Limit[]): Limit | undefined {
  return limits.reduce<Limit | undefined>((least, one) => (least && least.left <= one.left ? least : one), undefined);
}

/**
 * Every limit must have `needed` left. The verdict tells the first that has not, or else the one that is nearest to
 * it; the others that were asked follow in `others`, each as its scope and what is left of it.
 */
export function limitVerdict(limits: readonly Limit[], needed = 1): Verdict {
  const stop = limits.findIndex(({ left }) => left < needed);
  const asked = stop === -1 ? limits : limits.slice(0, stop + 1);
  const told = stop === -1 ? nearest(limits) : limits[stop];
  const others = asked.filter((limit) => limit !== told).map(({ scope, left }) => `${scope}: ${left}`);
  return {
    passed: stop === -1,
    detail: { ...(told && { scope: told.scope, ...told.values }), ...(others.length > 0 && { others }) },
  };
}

/** After the words for a limit that was passed: that others were too. */
export function nearestOf({ others }: Detail, locale: Locale): string {
  if (!Array.isArray(others)) return '';
  const count = others.length + 1;
  return locale === 'en' ? ` It is the nearest of ${count} limits.` : `这是 ${count} 项限制中最接近上限的一项。`;
}

/** The same amount of the whole campaign, of each of its days, of each of its places; undefined where not limited. */
export type Shares = { whole: number | undefined; perDay: number | undefined; perPlace: number | undefined };

/** A campaign's limit and its shares, in the order in which they are asked: the whole, the day's, the place's. */
export function shareLimits(
  { campaign, place, now, stock }: Case,
  unit: keyof Used,
  { shares, wholeLeft }: { shares: Shares; wholeLeft: number },
): Limit[] {
  const level = stock.get(campaign.campaignId);
  const { whole, perDay, perPlace } = shares;
  const limits: Limit[] = [];
  if (whole !== undefined) limits.push({ scope: 'campaign', left: wholeLeft, values: { left: wholeLeft, of: whole } });
  if (perDay !== undefined) {
    const day = localDay(campaign, place, now);
    // Where nobody knows which day it is, or what is counted, nothing is given.
    const left = level && day !== undefined ? perDay - (level.today?.[unit] ?? 0) : 0;
    limits.push({ scope: 'day', left, values: { left, of: perDay, day: day ?? null } });
  }
  if (perPlace !== undefined) {
    const left = level && place ? perPlace - (level.here?.[unit] ?? 0) : 0;
    limits.push({ scope: 'place', left, values: { left, of: perPlace } });
  }
  return limits;
}
