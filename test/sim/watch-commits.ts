import type { StoredCoupon } from '#store/coupons.ts';
import { entryOf } from '#store/ledger.ts';
import { namedKeys, tokenOf } from './commands.ts';
import { durationMsOf } from './durations.ts';
import type { Environment } from './lambda.ts';
import { UNIT_COST, ZONE_OFFSET_MS } from './scenario.ts';
import type { Change, PlainItem } from './storage.ts';
import { type CampaignTruth, mostOf, type OfferTruth, type Truth, termsSince } from './truth.ts';
import { watchRedemption } from './watch-redemptions.ts';
import type { Watch } from './world.ts';

const TENANT_PREFIX = /^[BV]#[A-Za-z0-9._-]{1,64}(#|$)/;
const DAY_MS = 86_400_000;
const SETTLED_MS = 60_000;
const TOGETHER_MS = 60_000;

export type Tolerance = {
  /** How long after a marketer's change was answered an offer on the old terms may still be committed. */
  changeMs: number;
};

/** Looks at every commit as it happens: caps, stock and budget at every instant, and that what belongs together comes together. */
export function watchCommits(truth: Truth, now: () => number, tolerance: () => Tolerance): Watch['applied'] {
  const watchToken = tokenWatch(truth, now);
  return ({ environment, command, error, changes }) => {
    watchToken({ environment, command, error });
    for (const { pk } of namedKeys(command)) {
      if (!TENANT_PREFIX.test(pk)) truth.violate('32', `a key without its tenant: ${pk}`, [environment.id]);
    }
    for (const change of changes) {
      if (change.table === 'stock') watchCounter(truth, change);
      if (change.table === 'people') watchPerson(truth, change, now());
      if (change.table === 'offers')
        watchOffer(truth, change, { changes, environment, now: now(), tolerance: tolerance() });
    }
  };
}

/** A token is for one write set: whoever sends another with it, long after, has left something out of it. */
function tokenWatch(truth: Truth, now: () => number) {
  const firstUse = new Map<string, number>();
  return ({
    environment,
    command,
    error,
  }: Pick<Parameters<Watch['applied']>[0], 'environment' | 'command' | 'error'>): void => {
    const token = tokenOf(command);
    if (token === undefined) return;
    const usedAt = firstUse.get(token) ?? now();
    firstUse.set(token, usedAt);
    // Two deliveries that decide in the same millisecond may share one, and the later looks again.
    if ((error as Error | undefined)?.name !== 'IdempotentParameterMismatchException' || now() - usedAt <= TOGETHER_MS)
      return;
    truth.violate('28', `${environment.id} sent another write set with a token that was used`, [environment.id]);
  };
}

function watchCounter(truth: Truth, { after }: Change): void {
  for (const leaseId of Object.keys((after?.leases as object | undefined) ?? {})) truth.leases.add(leaseId);
  for (const name of ['left', 'budgetLeft', 'issued', 'spent'] as const) {
    const value = after?.[name];
    // What was lowered below what is gone is less than nothing, and stays so.
    const lowered =
      (name === 'left' || name === 'budgetLeft') &&
      truth.campaigns.get(campaignOf(after))?.terms.some((one) => one.lowered);
    if (typeof value === 'number' && value < 0 && !lowered)
      truth.violate('3', `${name} is ${value}`, [String(after?.pk)]);
  }
}

const campaignOf = (item: PlainItem | undefined): string => /#K#([^#]+)/.exec(item?.pk ?? '')?.[1] ?? '';

function watchPerson(truth: Truth, { eventName, after }: Change, now: number): void {
  if (eventName !== 'INSERT' || after?.entity !== 'consent' || after.granted !== false || after.purpose !== 'marketing')
    return;
  const [, brand, , personId] = after.pk.split('#');
  const key = `${brand}/${personId}/${after.channel}`;
  if (!truth.withdrawals.has(key)) truth.withdrawals.set(key, now);
}

type Context = { changes: readonly Change[]; environment: Environment; now: number; tolerance: Tolerance };

function watchOffer(truth: Truth, change: Change, context: Context): void {
  const { eventName, before, after } = change;
  if (after?.entity === 'signal') {
    if (eventName === 'INSERT') watchEntry(truth, after, context);
    else truth.violate('7', 'a ledger entry was rewritten', [String(after.signalId)]);
  }
  if (after?.entity !== 'coupon') return;
  const coupon = after as unknown as StoredCoupon;
  if (eventName === 'INSERT') watchCoupon(truth, coupon, context);
  else watchCouponChange(truth, before as unknown as StoredCoupon, coupon, context);
  truth.coupons.set(coupon.couponKey, coupon);
}

function watchEntry(truth: Truth, item: PlainItem, { now }: Context): void {
  const entry = entryOf(item);
  const [, brand = ''] = item.pk.split('#');
  const own = `${brand}/${entry.signalId}/${entry.at}`;
  const key = entry.personId === undefined ? (truth.nobodys.get(own) ?? own) : own;
  if (truth.ledger.has(key))
    truth.violate('8', 'one cause has two ledger entries', [entry.signalId, entry.personId ?? '']);
  truth.ledger.set(key, { entry, at: now });
  const decidedAt = Date.parse(entry.decidedAt);
  for (const { campaignId, outcome, reasons } of entry.decisions) {
    const last = reasons.at(-1);
    if (last?.gate === 'stock' && !last.passed) watchSoldOut(truth, campaignId, now);
    if (outcome === 'skipped') continue;
    if (outcome === 'held-out') watchGhost(truth, campaignId, { now, about: [campaignId, entry.personId ?? ''] });
    const offer: OfferTruth = { campaignId, placeId: entry.placeId, at: decidedAt, committedAt: now };
    watchCaps(truth, brand, entry.personId ?? '', offer);
  }
}

/** After a minute in which nothing changed, "sold out" must mean that the last one is gone. */
function watchSoldOut(truth: Truth, campaignId: string, now: number): void {
  const campaign = truth.campaigns.get(campaignId);
  if (!campaign || campaign.body.limits?.perDay || campaign.body.limits?.perPlace) return;
  const terms = termsSince(campaign.terms, now - SETTLED_MS);
  const [only] = terms;
  if (terms.length > 1 || only?.state !== 'live' || only.stock === undefined) return;
  const lastAt = campaign.coupons.at(-1)?.at ?? 0;
  if (campaign.coupons.length < only.stock && lastAt < now - SETTLED_MS) truth.falselySoldOut += 1;
}

/** A ghost offer is on an offer's terms: nobody is held out of what nobody can get any more. */
function watchGhost(truth: Truth, campaignId: string, { now, about }: { now: number; about: string[] }): void {
  const campaign = truth.campaigns.get(campaignId);
  const most = campaign && mostOf(campaign.terms, 'stock', now - SETTLED_MS);
  const lastAt = campaign?.coupons.at(-1)?.at ?? now;
  if (campaign && most !== undefined && campaign.coupons.length >= most && lastAt < now - SETTLED_MS) {
    truth.violate('sample ratio', `somebody was held out of ${campaignId}, which has nothing left`, about);
  }
}

type CapTruth = { invariant: string; count: number; window: string; counts: (past: OfferTruth) => boolean };

/** Counted anew from the commits, by the clocks that stamped them: no window of any cap holds more than it may. */
function watchCaps(truth: Truth, brand: string, personId: string, offer: OfferTruth): void {
  const personKey = `${brand}/${personId}`;
  const past = truth.offersOf.get(personKey) ?? [];
  const limits = truth.campaigns.get(offer.campaignId)?.body.limits ?? {};
  const rules = truth.brands.get(brand)?.rules;
  const sameCampaign = (one: OfferTruth) => one.campaignId === offer.campaignId;
  const samePlace = (one: OfferTruth) => one.placeId === offer.placeId;
  const caps: CapTruth[] = [];
  const add = (
    invariant: string,
    cap: { count: number; window: string } | undefined,
    counts: CapTruth['counts'],
  ): void => {
    if (cap) caps.push({ invariant, ...cap, counts });
  };
  add('9', limits.perPerson, sameCampaign);
  add('9', limits.perPersonPerPlace, (one) => sameCampaign(one) && samePlace(one));
  add('10', rules?.perPerson, () => true);
  add('10', rules?.perPersonPerPlace, samePlace);
  for (const { invariant, count, window, counts } of caps) {
    const had = past.filter((one) => counts(one) && one.at > offer.at - durationMsOf(window)).length;
    if (had >= count) {
      truth.violate(invariant, `${personId} has had ${had} in ${window}, and gets another of ${offer.campaignId}`, [
        personId,
        offer.campaignId,
      ]);
    }
  }
  past.push(offer);
  truth.offersOf.set(personKey, past);
}

function watchCoupon(truth: Truth, coupon: StoredCoupon, { changes, environment, now, tolerance }: Context): void {
  const { campaignId, personId, couponId } = coupon;
  const about = [couponId, coupon.couponKey, personId, campaignId];
  const together = changes.filter(
    ({ after }) => after?.entity === 'signal' && (after.couponIds as string[] | undefined)?.includes(couponId),
  );
  if (together.length !== 1) truth.violate('6', 'a coupon was committed without its ledger entry', about);
  if (!changes.some(({ table, after }) => table === 'people' && after?.personId === personId)) {
    truth.violate('6', 'a coupon was committed without its person', about);
  }
  const campaign = truth.campaigns.get(campaignId);
  if (!campaign || campaign.brand !== coupon.brand) {
    truth.violate('31', 'a coupon of a campaign that is not the brand’s', about);
    return;
  }
  campaign.coupons.push({
    couponId,
    at: now,
    issuedAt: coupon.issuedAt,
    placeId: coupon.triggerPlaceId,
    cost: UNIT_COST,
  });
  watchTerms(truth, campaign, { since: now - tolerance.changeMs, about });
  watchShares(truth, campaign, coupon, about);
  const occurred = changes.find(({ after }) => after?.entity === 'signal')?.after?.at;
  const age = coupon.issuedAt - Date.parse(String(occurred));
  if (age > durationMsOf(campaign.body.trigger.freshFor ?? 'PT10M'))
    truth.violate('21', `an offer for a signal ${age} ms old`, about);
  const { endsAt } = campaign.body.schedule ?? {};
  if (endsAt && coupon.issuedAt >= Date.parse(endsAt))
    truth.violate('13', `${environment.id} offered after the campaign’s end`, about);
}

function watchTerms(
  truth: Truth,
  { terms, coupons, campaignId }: CampaignTruth,
  { since, about }: { since: number; about: string[] },
): void {
  const before = coupons.filter(({ at }) => at < since).length;
  const stock = mostOf(terms, 'stock', since);
  if (stock !== undefined && coupons.length > Math.max(stock, before)) {
    truth.violate('1', `${coupons.length} coupons of ${campaignId}, of which there are ${stock}`, about);
  }
  const budget = mostOf(terms, 'budget', since);
  if (budget !== undefined && coupons.length * UNIT_COST > Math.max(budget, before * UNIT_COST)) {
    truth.violate('3', `${coupons.length * UNIT_COST} spent of ${budget}`, about);
  }
  if (termsSince(terms, since).every(({ state }) => state !== 'live')) {
    truth.violate('4', `an offer of ${campaignId}, which has not been live for long`, about);
  }
}

function watchShares(truth: Truth, { body, coupons }: CampaignTruth, coupon: StoredCoupon, about: string[]): void {
  const { perDay, perPlace } = body.limits ?? {};
  const dayOf = (ms: number): number => Math.floor((ms + ZONE_OFFSET_MS) / DAY_MS);
  const today = coupons.filter(({ issuedAt }) => dayOf(issuedAt) === dayOf(coupon.issuedAt)).length;
  if (perDay?.stock !== undefined && today > perDay.stock)
    truth.violate('1', `${today} on one day, of ${perDay.stock}`, about);
  const here = coupons.filter(({ placeId }) => placeId === coupon.triggerPlaceId).length;
  if (perPlace?.stock !== undefined && here > perPlace.stock)
    truth.violate('1', `${here} at one place, of ${perPlace.stock}`, about);
}

const NEXT_SEND: Record<string, readonly string[]> = {
  PENDING: ['SENDING', 'SKIPPED'],
  SENDING: ['SENT', 'FAILED', 'UNKNOWN', 'PENDING'],
};

function watchCouponChange(truth: Truth, before: StoredCoupon, after: StoredCoupon, { environment }: Context): void {
  const about = [after.couponId, after.couponKey, after.personId];
  if (before.send !== after.send) {
    if (!NEXT_SEND[before.send]?.includes(after.send))
      truth.violate('14', `a message went from ${before.send} to ${after.send}`, about);
    if (after.send === 'SENDING') truth.holders.set(after.couponKey, environment.id);
    else if (before.send === 'SENDING' && truth.holders.get(after.couponKey) !== environment.id) {
      const until = (before as { sendLeaseUntil?: number }).sendLeaseUntil ?? 0;
      const mayTakeOver = after.send === 'UNKNOWN' && environment.now() > until;
      if (!mayTakeOver)
        truth.violate('29', `${environment.id} ended a message that another holds, as ${after.send}`, about);
    }
  }
  watchRedemption(truth, before, after, environment);
}
