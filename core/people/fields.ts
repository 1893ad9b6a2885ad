import type { Behaviour, PastPurchase, PastVisit, PurchaseChannel, Sum } from '../model/behaviour.ts';
import type { AttributeValue, Person } from '../model/person.ts';
import { NOTHING_DONE } from './behaviour.ts';
import { endOfVisit } from './dwells.ts';
import { regionStanding } from './regions.ts';

/** What a field of what people have done is of a person at `now`, in epoch milliseconds; undefined is not known. */
type Reader = (person: Person, now: number) => AttributeValue | undefined;

const DAY_MS = 86_400_000;
/** A share of fewer purchases than these says nothing. */
const MIN_PURCHASES_FOR_SHARE = 3;
/** Fields that are read are few: those of the segments. More are somebody trying names. */
const MAX_READERS = 10_000;

const DERIVED = /^(?:purchases|visits|coupons|region)\./;

/** Whether a field is made of what people have done; of an attribute of the same name `attributes.X` speaks. */
export const isDerivedField = (field: string): boolean => DERIVED.test(field);

/** Whether it is one of those that docs/segments.md defines. */
export const isKnownField = (field: string): boolean => readerOf(field) !== undefined;

/** The value of a derived field for a person at `now`. */
export function derivedOf(person: Person, field: string, now: number): AttributeValue | undefined {
  return readerOf(field)?.(person, now);
}

const readers = new Map<string, Reader | undefined>();

function readerOf(field: string): Reader | undefined {
  if (readers.has(field)) return readers.get(field);
  if (readers.size >= MAX_READERS) readers.clear();
  const reader = parseField(field);
  readers.set(field, reader);
  return reader;
}

/** `noun.what.30d`: the number of days, where there is one, comes last; names in between may have dots of their own. */
function parseField(field: string): Reader | undefined {
  const [, noun, what = '', days] = /^([a-z]+)\.(.+?)(?:\.(7|30|90|365)d)?$/s.exec(field) ?? [];
  const spanMs = days === undefined ? undefined : Number(days) * DAY_MS;
  if (noun === 'purchases') return purchaseField(what, spanMs);
  if (noun === 'visits') return visitField(what, spanMs);
  if (noun === 'coupons') return couponField(what, spanMs);
  return noun === 'region' && spanMs === undefined ? regionField(what) : undefined;
}

const behaviourOf = ({ behaviour }: Person): Behaviour => behaviour ?? NOTHING_DONE;

/** Those of the last `spanMs`, which has no beginning: what was exactly so long ago no longer counts. */
const within = <Event extends { at: number }>(events: readonly Event[], now: number, spanMs?: number): Event[] =>
  spanMs === undefined ? [...events] : events.filter(({ at }) => at > now - spanMs);

const textOf = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();
const distinct = (labels: readonly string[]): string[] => [...new Set(labels)];

/** Purchases of one kind, newest first; with what is known of those that were forgotten, where all of them are asked for. */
type Basket = { purchases: readonly PastPurchase[]; earlier: readonly Sum[]; currency: string | undefined };

const PURCHASE_METRICS: Readonly<Record<string, (basket: Basket) => AttributeValue | undefined>> = {
  count: ({ purchases, earlier }) => purchases.length + sum(earlier.map(({ count }) => count)),
  total: ({ purchases, earlier, currency = '' }) =>
    sum(purchases.filter((one) => one.currency === currency).map(({ total }) => total)) +
    sum(earlier.map(({ totals }) => totals[currency] ?? 0)),
  averageTotal: ({ purchases, currency }) => {
    const comparable = purchases.filter((one) => one.currency === currency);
    return comparable.length === 0
      ? undefined
      : Math.round(sum(comparable.map(({ total }) => total)) / comparable.length);
  },
  lastAt: ({ purchases }) => textOf(purchases[0]?.at),
  firstAt: ({ purchases, earlier }) =>
    textOf([...earlier.map(({ firstAt }) => firstAt), purchases.at(-1)?.at].reduce(earliest, undefined)),
  lastItems: ({ purchases }) => purchases[0]?.items,
  categories: ({ purchases }) => distinct(purchases.flatMap(({ categories }) => categories)),
  skus: ({ purchases }) => distinct(purchases.flatMap(({ skus }) => skus)),
};

function purchaseField(what: string, spanMs: number | undefined): Reader | undefined {
  if (what === 'onlineShare') return (person, now) => onlineShare(behaviourOf(person), now, spanMs);
  const category = /^category\.(.+)\.(count|total|lastAt)$/s.exec(what);
  if (category) return categoryField(category[1] ?? '', category[2] ?? '', spanMs);
  const [, channel, name = ''] = /^(?:(online|offline)\.)?(\w+)$/.exec(what) ?? [];
  const metric = Object.hasOwn(PURCHASE_METRICS, name) ? PURCHASE_METRICS[name] : undefined;
  return metric && ((person, now) => metric(basketOf(behaviourOf(person), now, { channel, spanMs })));
}

function basketOf(
  { purchases, earlier }: Behaviour,
  now: number,
  { channel, spanMs }: { channel: string | undefined; spanMs: number | undefined },
): Basket {
  const channels = (['online', 'offline'] as PurchaseChannel[]).filter(
    (one) => channel === undefined || one === channel,
  );
  return {
    purchases: within(purchases, now, spanMs).filter((purchase) => channels.includes(purchase.channel)),
    earlier: spanMs === undefined ? channels.map((one) => earlier[one]) : [],
    // Money of several currencies is never added: that of their newest purchase counts.
    currency: purchases[0]?.currency,
  };
}

function onlineShare(behaviour: Behaviour, now: number, spanMs: number | undefined): number | undefined {
  const countOf = (channel?: PurchaseChannel): number =>
    PURCHASE_METRICS.count?.(basketOf(behaviour, now, { channel, spanMs })) as number;
  const all = countOf();
  return all < MIN_PURCHASES_FOR_SHARE ? undefined : countOf('online') / all;
}

/** Of what is remembered one by one: sums of what was forgotten know no categories. */
function categoryField(category: string, metric: string, spanMs: number | undefined): Reader {
  return (person, now) => {
    const { purchases } = behaviourOf(person);
    const found = within(purchases, now, spanMs).filter(({ categories }) => categories.includes(category));
    if (metric === 'count') return found.length;
    if (metric === 'lastAt') return textOf(found[0]?.at);
    const currency = purchases[0]?.currency;
    const spent = found.map((one) => (one.currency === currency ? amountOf(one, category) : 0));
    return sum(spent);
  };
}

const amountOf = ({ categories, amounts }: PastPurchase, category: string): number =>
  amounts[categories.indexOf(category)] ?? 0;

type Visits = { visits: readonly PastVisit[]; earlier: number; behaviour: Behaviour };

const VISIT_METRICS: Readonly<Record<string, (visits: Visits) => AttributeValue | undefined>> = {
  count: ({ visits, earlier }) => visits.length + earlier,
  lastAt: ({ visits }) => textOf(visits[0]?.at),
  places: ({ visits }) => distinct(visits.map(({ placeId }) => placeId)),
  averageDwellSeconds: ({ visits, behaviour }) => {
    const dwells = dwellsOf(visits, behaviour);
    return dwells.length === 0 ? undefined : Math.round(sum(dwells) / dwells.length);
  },
  lastDwellSeconds: ({ visits, behaviour }) => dwellsOf(visits, behaviour)[0],
  lastDistanceFromHomeM: ({ visits }) => visits[0]?.fromHomeM,
};
const PLACE_METRICS = ['count', 'lastAt', 'averageDwellSeconds', 'lastDwellSeconds'];

function visitField(what: string, spanMs: number | undefined): Reader | undefined {
  const [, placeId, placeMetric = ''] = /^place\.(.+)\.(\w+)$/s.exec(what) ?? [];
  const name = placeId === undefined ? what : placeMetric;
  const isKnown = placeId === undefined ? Object.hasOwn(VISIT_METRICS, name) : PLACE_METRICS.includes(name);
  const metric = isKnown ? VISIT_METRICS[name] : undefined;
  return (
    metric &&
    ((person, now) => {
      const behaviour = behaviourOf(person);
      const visits = within(behaviour.visits, now, spanMs);
      if (placeId !== undefined) {
        return metric({ visits: visits.filter((visit) => visit.placeId === placeId), earlier: 0, behaviour });
      }
      return metric({ visits, earlier: spanMs === undefined ? behaviour.earlier.visits : 0, behaviour });
    })
  );
}

/** How long each visit lasted of which it is known when it ended, in whole seconds, newest first. */
const dwellsOf = (visits: readonly PastVisit[], behaviour: Behaviour): number[] =>
  visits.flatMap((visit) => {
    const leftAt = endOfVisit(visit, behaviour);
    return leftAt === undefined ? [] : [Math.round((leftAt - visit.at) / 1000)];
  });

function couponField(what: string, spanMs: number | undefined): Reader | undefined {
  if (what === 'used.lastAt')
    return (person, now) => textOf(within(behaviourOf(person).redemptions, now, spanMs)[0]?.at);
  if (what === 'used.count') {
    return (person, now) => {
      const { redemptions, earlier } = behaviourOf(person);
      return within(redemptions, now, spanMs).length + (spanMs === undefined ? earlier.redemptions : 0);
    };
  }
  if (what === 'received.count') {
    return (person, now) => {
      const instants = person.receivedAt ?? [];
      return instants.filter((at) => spanMs === undefined || at > now - spanMs).length;
    };
  }
  return undefined;
}

function regionField(what: string): Reader | undefined {
  if (what !== 'preference' && what !== 'onlineShare' && what !== 'buyers') return undefined;
  return ({ region }) => region && regionStanding(region)?.[what];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const earliest = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);
