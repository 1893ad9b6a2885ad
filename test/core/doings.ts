import fc from 'fast-check';
import * as z from 'zod/mini';
import type { Behaviour } from '#core/model/behaviour.ts';
import type { AttributeValue, Person } from '#core/model/person.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import { type PurchaseInput, PurchaseInputSchema } from '#core/model/purchase.ts';
import type { Signal } from '#core/model/signal.ts';
import { addPurchase, addRedemption, NOTHING_DONE } from '#core/people/behaviour.ts';
import { pastPurchaseOf } from '#core/people/past-purchase.ts';
import { behaviourAfterSignal } from '#core/people/visits.ts';
import { aPlace } from '#test/support/builders.ts';

export const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** One thing that somebody did, as it comes in. */
export type Deed =
  | { kind: 'purchase'; purchase: PurchaseInput }
  | { kind: 'seen'; signalId: string; placeId: string; at: number; dwellSeconds: number }
  | { kind: 'left'; signalId: string; placeId: string; at: number }
  | { kind: 'used'; couponId: string; at: number };

/** Close together, and on both sides of the edges of windows. */
const anyInstant = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom(0, 0, 1))
      .map(([step, edge]) => NOW - step * 15 * MINUTE_MS - edge),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(7, 30, 90, 365), fc.constantFrom(-1, 0, 1))
      .map(([days, edge]) => NOW - days * DAY_MS + edge),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 500 }).map((days) => NOW - days * DAY_MS) },
);
const anyPlaceId = fc.constantFrom('s1', 's1', 's1', 'mall.count', 's1.30d');
const anyLine = fc.record(
  {
    sku: fc.constantFrom('milk-1l', 'bread'),
    category: fc.constantFrom('dairy', '面包 & 糕点', 'a.count'),
    quantity: fc.integer({ min: 1, max: 5 }),
    amount: fc.integer({ min: 0, max: 5000 }),
  },
  { requiredKeys: [] },
);
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc
    .record({
      purchaseId: fc.nat().map((number) => `order-${number}`),
      at: anyInstant.map((at) => new Date(at).toISOString()),
      channel: fc.constantFrom('online' as const, 'offline' as const),
      lines: fc.array(anyLine, { maxLength: 4 }),
      total: fc.integer({ min: 0, max: 100_000 }),
      currency: fc.constantFrom('CNY', 'CNY', 'HKD'),
    })
    .map((purchase) => ({ kind: 'purchase' as const, purchase: z.parse(PurchaseInputSchema, purchase) })),
  fc.record({
    kind: fc.constant('seen' as const),
    signalId: fc.nat().map((number) => `signal-${number}`),
    placeId: anyPlaceId,
    at: anyInstant,
    dwellSeconds: fc.constantFrom(0, 0, 600, 3600),
  }),
  fc.record({
    kind: fc.constant('left' as const),
    signalId: fc.nat().map((number) => `exit-${number}`),
    placeId: anyPlaceId,
    at: anyInstant,
  }),
  fc.record({
    kind: fc.constant('used' as const),
    couponId: fc.nat().map((number) => `coupon-${number}`),
    at: anyInstant,
  }),
);

const HOME_OF_TESTS: Person = { personId: 'mei', identifiers: [], attributes: { home: [121.48, 31.24] } };

/** What the product remembers of deeds, in the order in which they come in. */
export const remembered = (deeds: readonly Deed[], before: Behaviour = NOTHING_DONE): Behaviour =>
  deeds.reduce((behaviour, deed) => {
    if (deed.kind === 'purchase') return addPurchase(behaviour, pastPurchaseOf(deed.purchase, undefined));
    if (deed.kind === 'used') return addRedemption(behaviour, { ...deed, campaignId: 'milk' });
    const place: Place = { placeId: deed.placeId, ...z.parse(PlaceInputSchema, aPlace()) };
    return behaviourAfterSignal(behaviour, HOME_OF_TESTS, signalOf(deed), place);
  }, before);

function signalOf(deed: Extract<Deed, { kind: 'seen' | 'left' }>): Signal {
  const at = new Date(deed.at).toISOString();
  const dwell = deed.kind === 'seen' && deed.dwellSeconds > 0;
  const kind = deed.kind === 'left' ? 'geofence.exit' : dwell ? 'geofence.dwell' : 'wifi.seen';
  return {
    signalId: deed.signalId,
    brand: 'harbour',
    kind,
    source: 'api',
    trust: 'T1',
    occurredAt: at,
    receivedAt: at,
    subject: { kind: 'device', value: 'phone-mei' },
    placeId: deed.placeId,
    ...(dwell && { dwellSeconds: deed.dwellSeconds }),
  };
}

/**
 * What docs/segments.md says that each field is, computed from the deeds themselves and with nothing of the product's:
 * slowly, and so that it can be read beside the page.
 */
export function referenceOf(deeds: readonly Deed[]): Map<string, AttributeValue | undefined> {
  const fields = new Map<string, AttributeValue | undefined>();
  for (const days of [undefined, 7, 30, 90, 365]) {
    const suffix = days === undefined ? '' : `.${days}d`;
    const counts = (at: number) => days === undefined || NOW - at < days * DAY_MS;
    tellPurchases(fields, deeds, suffix, counts);
    tellVisits(fields, deeds, suffix, counts);
    const used = deeds.flatMap((deed) => (deed.kind === 'used' && counts(deed.at) ? [deed.at] : []));
    fields.set(`coupons.used.count${suffix}`, used.length);
    fields.set(`coupons.used.lastAt${suffix}`, used.length === 0 ? undefined : iso(Math.max(...used)));
  }
  return fields;
}

type Fields = Map<string, AttributeValue | undefined>;
const iso = (at: number) => new Date(at).toISOString();
const add = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

function tellPurchases(fields: Fields, deeds: readonly Deed[], suffix: string, counts: (at: number) => boolean): void {
  const everything = deeds
    .flatMap((deed) => (deed.kind === 'purchase' ? [{ ...deed.purchase, ms: Date.parse(deed.purchase.at) }] : []))
    .sort((left, right) => right.ms - left.ms || (left.purchaseId < right.purchaseId ? -1 : 1));
  const currency = everything[0]?.currency;
  const all = everything.filter(({ ms }) => counts(ms));
  for (const channel of ['', 'online.', 'offline.']) {
    const some = all.filter((one) => channel === '' || `${one.channel}.` === channel);
    const paid = some.filter((one) => one.currency === currency).map(({ total }) => total);
    const tell = (name: string, value: AttributeValue | undefined) =>
      fields.set(`purchases.${channel}${name}${suffix}`, value);
    tell('count', some.length);
    tell('total', add(paid));
    tell('averageTotal', paid.length === 0 ? undefined : Math.round(add(paid) / paid.length));
    tell('lastAt', some[0] && iso(some[0].ms));
    tell('firstAt', some.length === 0 ? undefined : iso(Math.min(...some.map(({ ms }) => ms))));
    tell('lastItems', some[0] && add(some[0].lines.map(({ quantity }) => quantity)));
    tell('categories', [...new Set(some.flatMap(({ lines }) => lines.flatMap(({ category }) => category ?? [])))]);
    tell('skus', [...new Set(some.flatMap(({ lines }) => lines.flatMap(({ sku }) => sku ?? [])))]);
  }
  const online = all.filter(({ channel }) => channel === 'online').length;
  fields.set(`purchases.onlineShare${suffix}`, all.length < 3 ? undefined : online / all.length);
  for (const category of ['dairy', '面包 & 糕点', 'a.count', 'nothing']) {
    const found = all.filter(({ lines }) => lines.some((line) => line.category === category));
    const spent = found
      .filter((one) => one.currency === currency)
      .flatMap(({ lines }) => lines.filter((line) => line.category === category).map(({ amount = 0 }) => amount));
    fields.set(`purchases.category.${category}.count${suffix}`, found.length);
    fields.set(`purchases.category.${category}.total${suffix}`, add(spent));
    fields.set(`purchases.category.${category}.lastAt${suffix}`, found[0] && iso(found[0].ms));
  }
}

type Stay = { placeId: string; from: number; to: number; dwell: number | undefined };

/** Stays at one place: what was seen, in order of time, parted where nothing was seen for more than half an hour. */
function staysAt(placeId: string, deeds: readonly Deed[]): Stay[] {
  const seen = deeds
    .flatMap((deed) =>
      deed.kind === 'seen' && deed.placeId === placeId
        ? [{ from: deed.at - deed.dwellSeconds * 1000, to: deed.at }]
        : [],
    )
    .sort((left, right) => left.from - right.from);
  const stays: Stay[] = [];
  for (const { from, to } of seen) {
    const current = stays.at(-1);
    if (current && from - current.to <= 30 * MINUTE_MS) current.to = Math.max(current.to, to);
    else stays.push({ placeId, from, to, dwell: undefined });
  }
  stays.forEach((stay, index) => {
    const next = stays[index + 1]?.from ?? Number.POSITIVE_INFINITY;
    const ends = deeds.flatMap((deed) =>
      deed.kind === 'left' && deed.placeId === placeId && deed.at >= stay.to && deed.at < next ? [deed.at] : [],
    );
    const sameDay = ends.filter((at) => at - stay.from <= DAY_MS);
    if (sameDay.length > 0) stay.dwell = Math.round((Math.max(...sameDay) - stay.from) / 1000);
  });
  return stays;
}

function tellVisits(fields: Fields, deeds: readonly Deed[], suffix: string, counts: (at: number) => boolean): void {
  const places = ['s1', 'mall.count', 's1.30d'];
  const stays = places.flatMap((placeId) => staysAt(placeId, deeds)).filter(({ from }) => counts(from));
  const tell = (prefix: string, some: readonly Stay[]) => {
    const latest = [...some].sort((left, right) => right.from - left.from);
    const dwells = latest.flatMap(({ dwell }) => dwell ?? []);
    fields.set(`${prefix}.count${suffix}`, some.length);
    fields.set(`${prefix}.lastAt${suffix}`, latest[0] && iso(latest[0].from));
    const mean = dwells.length === 0 ? undefined : Math.round(add(dwells) / dwells.length);
    fields.set(`${prefix}.averageDwellSeconds${suffix}`, mean);
  };
  tell('visits', stays);
  for (const placeId of places)
    tell(
      `visits.place.${placeId}`,
      stays.filter((stay) => stay.placeId === placeId),
    );
  fields.set(`visits.places${suffix}`, [...new Set(stays.map(({ placeId }) => placeId))]);
}
