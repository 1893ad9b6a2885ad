import type { ShopNews } from '#core/shops/news.ts';
import type { IgnoredReason } from '#core/signals/heard.ts';

/** Why nothing came of something that was heard. */
type Reason =
  | IgnoredReason
  | Extract<ShopNews, { about: 'nothing' }>['reason']
  | 'older-than-known'
  | 'erased'
  | 'no-time'
  | 'in-the-future'
  | 'older-than-7-days'
  | 'no-place'
  | 'not-linked'
  | 'not-shared'
  | 'same-visit'
  | 'too-many-addresses'
  | 'needs-a-brand';

/** Counts what leads to nothing, by why: all that is ever said of phones that are nobody's. */
export type Tally = {
  ignore: (reason: Reason, count?: number) => void;
  count: (reason: Reason) => number;
  total: () => number;
  list: () => { reason: Reason; count: number }[];
};

export function createTally(): Tally {
  const counts = new Map<Reason, number>();
  return {
    ignore: (reason, count = 1) => {
      if (count > 0) counts.set(reason, (counts.get(reason) ?? 0) + count);
    },
    count: (reason) => counts.get(reason) ?? 0,
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    list: () => [...counts].map(([reason, count]) => ({ reason, count })),
  };
}
