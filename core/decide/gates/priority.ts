import type { Campaign, Locale } from '../../model/campaign.ts';
import { brandCapLimits } from '../caps.ts';
import type { Facts, GateRule, Verdict } from '../facts.ts';
import { capWords, windowWords } from './frequency.ts';
import { type Limit, nearest } from './limits.ts';

/** Higher priority first; equals by campaign id, so that the order never depends on how they were loaded. */
export function byPriority(left: Campaign, right: Campaign): number {
  return right.priority - left.priority || (left.campaignId < right.campaignId ? -1 : 1);
}

/** How many offers one signal may bring, and the brand's cap that makes it fewer than the brand would like. */
export type Slots = { count: number; cap?: Limit };

/**
 * As many as the brand says, and no more than its caps leave the person: the offers of one decision draw on them
 * together, though each campaign by itself is within them.
 */
export function slotsOf(facts: Facts): Slots {
  const { offersPerSignal } = facts.brand;
  const cap = nearest(brandCapLimits(facts));
  return cap && cap.left < offersPerSignal ? { count: Math.max(0, cap.left), cap } : { count: offersPerSignal };
}

/** Where a campaign came in, or what beat it; `winners` in order, as many as there are slots at most. */
export function priorityVerdict(campaign: Campaign, winners: readonly Campaign[], { count, cap }: Slots): Verdict {
  const { priority } = campaign;
  const rank = winners.indexOf(campaign) + 1;
  if (rank === 1) return { passed: true, detail: { priority } };
  if (rank > 1) return { passed: true, detail: { priority, rank, slots: count } };
  const last = winners.at(-1);
  const lost = last && { lostTo: last.campaignId, theirs: last.priority };
  const because = cap ? { scope: cap.scope, ...cap.values } : count > 1 ? { slots: count } : {};
  return { passed: false, detail: { priority, ...lost, ...because } };
}

/**
 * "Of several campaigns that would offer, those of highest priority do: as many as one signal may bring, and as the
 * brand's caps leave room for." Ranked in `decide`, where all are known.
 */
export const priorityWords: GateRule['words'] = {
  en: ({ passed, detail }) => {
    if (passed) {
      return detail.rank === undefined
        ? `No campaign of higher priority than ${detail.priority} applies.`
        : `The campaign is number ${detail.rank} of at most ${detail.slots} that this signal may bring.`;
    }
    const first = `The campaign ${detail.lostTo} goes first (priority ${detail.theirs}, this one ${detail.priority})`;
    if (detail.scope !== undefined)
      return `${first}, and then the person has all they may have ${capPhrase(detail, 'en')} (${detail.limit}).`;
    return detail.slots === undefined ? `${first}.` : `${first}; one signal brings at most ${detail.slots} offers.`;
  },
  'zh-CN': ({ passed, detail }) => {
    if (passed) {
      return detail.rank === undefined
        ? `没有优先级高于 ${detail.priority} 的活动。`
        : `本活动排第 ${detail.rank}，一个信号最多带来 ${detail.slots} 个优惠。`;
    }
    const first = `活动 ${detail.lostTo} 优先（优先级 ${detail.theirs}，本活动 ${detail.priority}）`;
    if (detail.scope !== undefined)
      return `${first}，此后顾客${capPhrase(detail, 'zh-CN')}已达上限 ${detail.limit} 次。`;
    return detail.slots === undefined ? `${first}。` : `${first}；一个信号最多带来 ${detail.slots} 个优惠。`;
  },
};

function capPhrase({ scope, window }: Verdict['detail'], locale: Locale): string {
  const [what, when] = [capWords(scope, locale), windowWords(window, locale)];
  return locale === 'en' ? `${what} in ${when}` : `在 ${when}内获得${what}`;
}
