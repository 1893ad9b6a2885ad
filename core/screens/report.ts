import { MIN_GROUP } from '../people/min-group.ts';
import type { Airing } from './on-air.ts';

/** What came of one tap, or of one coupon that a tap led to: 0 or 1 each. Of nobody in particular. */
export type Effect = {
  /** Undefined: the screen's owner's own. */
  brand: string | undefined;
  /** Undefined where nobody knows what was on air. */
  creativeId: string | undefined;
  taps: number;
  offers: number;
  redemptions: number;
  /** What the redemption took off, in minor units. */
  discount?: { amount: number; currency: string } | undefined;
};

/** Who reads: a brand, which sees its own alone, or a venue, which sees every creative and no small number of a brand's customers. */
export type Reader = { kind: 'brand' | 'venue'; id: string };

/** `redemptions` is null where it would say too much about few people. */
type Outcome = { taps: number; offers: number; redemptions: number | null };
export type ReportRow = Outcome & {
  /** Absent: the screen's owner's own. */
  brand?: string;
  creativeId: string;
  plays: number;
  secondsOnAir: number;
  /** Null without plays. */
  tapsPerThousandPlays: number | null;
  /** To the brand itself: what its coupons took off, in minor units, by currency. */
  discounts?: { amount: number; currency: string }[];
};
export type ScreenReport = {
  rows: ReportRow[];
  /** While nobody knows what was on air, or no creative of the brand's was. */
  unknown: Outcome;
  /** Each hour that has begun, oldest first. `complete` is false where plays are known to have happened and not told. */
  hours: { at: string; secondsOnAir: number; complete: boolean }[];
  /** Stretches of the players' logs of which the plays are missing. */
  gaps: { from: string; to: string; playsMissing: number }[];
};

const HOUR_MS = 3_600_000;
const PER_THOUSAND = 1000;

type Interval = { from: number; to: number };
type Row = Omit<ReportRow, 'secondsOnAir' | 'tapsPerThousandPlays' | 'redemptions' | 'discounts'> & {
  brand: string | undefined;
  ms: number;
  redemptions: number;
  discounts: Map<string, number>;
};

/**
 * What a screen has shown and what came of it, in [from, to), epoch milliseconds, counted from single facts. Plays of
 * just before and after tell what is missing at the edges and are not counted. A play counts where it began, once its
 * end has been told; its seconds where they were, and where two plays overlap they are the later one's.
 */
export function screenReport(args: {
  plays: readonly Airing[];
  effects: Iterable<Effect>;
  window: Interval;
  now: number;
  owner: Reader;
  reader: Reader;
  /** Of all that the reader may see, this brand's alone. */
  only?: string | undefined;
}): ScreenReport {
  const { window, now, owner, reader, only } = args;
  const finished = args.plays
    .filter(({ open }) => !open)
    .sort((left, right) => left.startedAt - right.startedAt || left.sequence - right.sequence);
  const ownBrand = owner.kind === 'brand' ? owner.id : undefined;
  const isRead = (brand: string | undefined) =>
    (reader.kind === 'venue' || brand === reader.id) && (only === undefined || brand === only);
  const rows = new Map<string, Row>();
  const rowOf = (brand: string | undefined, creativeId: string): Row => {
    const key = `${brand ?? ''}/${creativeId}`;
    const row = rows.get(key) ?? newRow(brand, creativeId);
    rows.set(key, row);
    return row;
  };
  for (const { creativeId, brand = ownBrand, startedAt } of finished) {
    if (isRead(brand) && startedAt >= window.from && startedAt < window.to) rowOf(brand, creativeId).plays += 1;
  }
  const hours = new Map<number, number>();
  for (const { play, ...shown } of airTime(finished)) {
    const brand = play.brand ?? ownBrand;
    const seen = overlap(shown, window);
    if (!seen || !isRead(brand)) continue;
    rowOf(brand, play.creativeId).ms += seen.to - seen.from;
    for (const { hour, ms } of byHour(seen)) hours.set(hour, (hours.get(hour) ?? 0) + ms);
  }
  const unknown = newRow(undefined, '');
  for (const effect of args.effects) {
    const { brand, creativeId } = effect;
    if (isRead(brand)) add(creativeId === undefined ? unknown : rowOf(brand, creativeId), effect);
  }
  const gaps = gapsOf(finished).flatMap((gap) => (overlap(gap, window) ? [gap] : []));
  return {
    rows: [...rows.values()].map((row) => rowView(row, reader)).sort(byPlays),
    unknown: outcomeView(unknown, reader.kind === 'venue'),
    hours: hoursOf(window, now).map((hour) => ({
      at: iso(hour),
      secondsOnAir: seconds(hours.get(hour) ?? 0),
      complete: !gaps.some((gap) => overlap(gap, { from: hour, to: hour + HOUR_MS })),
    })),
    gaps: gaps.map(({ from, to, playsMissing }) => ({ from: iso(from), to: iso(to), playsMissing })),
  };
}

const newRow = (brand: string | undefined, creativeId: string): Row => ({
  brand,
  creativeId,
  plays: 0,
  ms: 0,
  taps: 0,
  offers: 0,
  redemptions: 0,
  discounts: new Map(),
});

function add(row: Row, { taps, offers, redemptions, discount }: Effect): void {
  row.taps += taps;
  row.offers += offers;
  row.redemptions += redemptions;
  if (discount) row.discounts.set(discount.currency, (row.discounts.get(discount.currency) ?? 0) + discount.amount);
}

function rowView(row: Row, reader: Reader): ReportRow {
  const { brand, creativeId, plays, ms, taps, discounts } = row;
  const isOwn = brand === undefined || (reader.kind === 'brand' && brand === reader.id);
  return {
    ...(brand !== undefined && { brand }),
    creativeId,
    plays,
    secondsOnAir: seconds(ms),
    ...outcomeView(row, !isOwn),
    tapsPerThousandPlays: plays === 0 ? null : Math.round((taps * PER_THOUSAND * 100) / plays) / 100,
    ...(isOwn &&
      discounts.size > 0 && {
        discounts: [...discounts].sort().map(([currency, amount]) => ({ amount, currency })),
      }),
  };
}

/** The counts as they may be told; `elsewhere`: to somebody who is not the brand. How many of few bought stays with it. */
const outcomeView = ({ taps, offers, redemptions }: Row, elsewhere: boolean): Outcome => ({
  taps,
  offers,
  redemptions: elsewhere && offers > 0 && offers < MIN_GROUP ? null : redemptions,
});

const byPlays = (left: ReportRow, right: ReportRow): number =>
  right.plays - left.plays || order(left.brand ?? '', right.brand ?? '') || order(left.creativeId, right.creativeId);
const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Who was seen when, of plays in order of their start: at any moment the one that began last. */
function* airTime(plays: readonly Airing[]): Generator<Interval & { play: Airing }> {
  const running: Airing[] = [];
  let at = Number.NEGATIVE_INFINITY;
  function* until(moment: number): Generator<Interval & { play: Airing }> {
    for (let play = running.at(-1); play && at < moment; play = running.at(-1)) {
      const to = Math.min(play.endedAt, moment);
      if (to > at) yield { play, from: at, to };
      at = Math.max(at, to);
      if (play.endedAt <= at) running.pop();
    }
    at = Math.max(at, moment);
  }
  for (const play of plays) {
    yield* until(play.startedAt);
    running.push(play);
  }
  yield* until(Number.POSITIVE_INFINITY);
}

/** Where a player's log jumps over sequence numbers, from the end of the play before to the start of the next. */
function gapsOf(plays: readonly Airing[]): (Interval & { playsMissing: number })[] {
  const logs = Map.groupBy(plays, ({ logId }) => logId);
  return [...logs.values()]
    .flatMap((log) => {
      const inOrder = log.toSorted((left, right) => left.sequence - right.sequence);
      return inOrder.slice(1).flatMap((next, index) => {
        const before = inOrder[index];
        const playsMissing = before ? next.sequence - before.sequence - 1 : 0;
        if (!before || playsMissing < 1) return [];
        // Clocks may be set back: a gap is never shorter than nothing.
        return [{ from: before.endedAt, to: Math.max(next.startedAt, before.endedAt + 1), playsMissing }];
      });
    })
    .sort((left, right) => left.from - right.from);
}

function* byHour({ from, to }: Interval): Generator<{ hour: number; ms: number }> {
  for (let at = from; at < to; ) {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const end = Math.min(hour + HOUR_MS, to);
    yield { hour, ms: end - at };
    at = end;
  }
}

function hoursOf({ from, to }: Interval, now: number): number[] {
  const count = Math.max(0, Math.ceil((Math.min(to, now) - from) / HOUR_MS));
  return Array.from({ length: count }, (_, index) => from + index * HOUR_MS);
}

function overlap(left: Interval, right: Interval): Interval | undefined {
  const from = Math.max(left.from, right.from);
  const to = Math.min(left.to, right.to);
  return from < to ? { from, to } : undefined;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
const iso = (ms: number): string => new Date(ms).toISOString();
