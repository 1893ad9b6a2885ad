import { messageStateAt } from '#core/messages/outbox.ts';
import type { LeaseEntry } from '#store/counters.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { unitCouponIds } from '#store/leases.ts';
import { checkVisits } from './check-visits.ts';
import { type Scenario, UNIT_COST, ZONE_OFFSET_MS } from './scenario.ts';
import type { PlainItem } from './storage.ts';
import type { CampaignTruth, Truth } from './truth.ts';
import { inSimulation, type World } from './world.ts';

const ENDED: readonly string[] = ['SENT', 'SKIPPED', 'FAILED', 'UNKNOWN'];
/** Delivered once more at the very end, when all is quiet. */
const REDELIVERED = 20;
const REDELIVER_SHARE = 0.25;

/** What must hold when everything has come to rest. */
export async function checkEnd(world: World, truth: Truth, scenario: Scenario): Promise<void> {
  checkLedger(world, truth);
  checkMessages(world, truth);
  checkPoison(world, truth, scenario);
  const stock = new Map([...world.tables.items('stock')].map((item) => [item.pk, item]));
  for (const campaign of truth.campaigns.values()) checkConservation(truth, campaign, stock);
  if (world.random.chance(REDELIVER_SHARE)) await checkRedelivery(world, truth);
  checkVisits(world, truth);
}

/** Accepted = decided + skipped with a reason: nothing is lost, nothing is invented. */
function checkLedger({ queues }: World, truth: Truth): void {
  for (const cause of truth.causes.values()) {
    if (cause.accepted && !truth.ledger.has(cause.key))
      truth.violate('18', 'an accepted signal has left no trace', [cause.key]);
  }
  for (const [key, { entry }] of truth.ledger) {
    if (!truth.causes.has(key)) truth.violate('18', 'a ledger entry of a signal that nobody sent', [key]);
    for (const { outcome, couponId } of entry.decisions) {
      const isCoupon = [...truth.coupons.values()].some((coupon) => coupon.couponId === couponId);
      if (outcome === 'offered' && !isCoupon)
        truth.violate('6', 'an offer without its coupon', [entry.signalId, entry.personId ?? '']);
    }
  }
  for (const queue of Object.values(queues)) {
    if (queue.messages.size > 0) truth.violate('18', `${queue.messages.size} messages are still on ${queue.name}`, []);
  }
}

function checkMessages({ scheduler, stream }: World, truth: Truth): void {
  for (const coupon of truth.coupons.values()) {
    const about = [coupon.couponId, coupon.couponKey, coupon.personId];
    const { state } = messageStateAt(coupon, scheduler.now());
    if (!ENDED.includes(state)) truth.violate('14', `a message has come to no end: ${state}`, about);
    // Whoever redrives finds it: that it ended by its age alone means that nobody ever carried it.
    if (coupon.send === 'PENDING' && stream.lost === 0) truth.violate('17', 'a message was never tried', about);
  }
}

/** A message that is none reaches the dead letters with its reason, and holds nobody up. */
function checkPoison({ queues }: World, truth: Truth, { poison }: Scenario): void {
  const letters = queues.signals.deadLetters;
  if (poison.length > 0 && letters.length === 0) truth.violate('20', 'poison has vanished', []);
  for (const { attributes, receives, body } of letters) {
    // After seven receives that each ended in a crash the queue lets go by itself, and knows no reason.
    if (!attributes.reason && receives <= 5)
      truth.violate('20', `a dead letter without a reason: ${body.slice(0, 40)}`, []);
    if (attributes.reason && !attributes.reason.startsWith('the message is not')) {
      truth.violate('18', `a signal is still among the dead letters: ${attributes.reason}`, []);
    }
  }
}

/** limit = left + what is leased and unspent + what is issued; the same for money and for every share. */
function checkConservation(truth: Truth, campaign: CampaignTruth, stock: ReadonlyMap<string, PlainItem>): void {
  const { brand, campaignId } = campaign;
  const coupons = [...truth.coupons.values()].filter((coupon) => coupon.campaignId === campaignId);
  const issuedIds = new Set(coupons.map(({ couponId }) => couponId));
  const item = stock.get(`B#${brand}#K#${campaignId}`);
  const leases = Object.entries((item?.leases as Record<string, LeaseEntry> | undefined) ?? {}).map(
    ([holder, lease]) => {
      const spent = unitCouponIds(brand, campaignId, [holder, lease]).filter((id) => issuedIds.has(id));
      return { ...lease, unspent: lease.n - spent.length };
    },
  );
  const equal = (what: string, limit: number, parts: { left: number; leased: number; issued: number }): void => {
    const sum = parts.left + parts.leased + parts.issued;
    if (sum !== limit) {
      const words = `${what} of ${campaignId}: ${parts.left} left + ${parts.leased} leased + ${parts.issued} issued is not ${limit}`;
      truth.violate('2', words, [campaignId]);
    }
  };
  const unspent = leases.reduce((sum, lease) => sum + lease.unspent, 0);
  if (typeof item?.leftLimit === 'number') {
    equal('stock', item.leftLimit, { left: Number(item.left), leased: unspent, issued: coupons.length });
  }
  if (typeof item?.budgetLeftLimit === 'number') {
    const leased = leases.reduce((sum, lease) => sum + lease.unspent * lease.c, 0);
    equal('budget', item.budgetLeftLimit, {
      left: Number(item.budgetLeft),
      leased,
      issued: coupons.length * UNIT_COST,
    });
  }
  for (const { name, key, scope } of sharesOf(campaign, coupons)) {
    const used = stock.get(`B#${brand}#K#${campaignId}#${name}#${key}`);
    // A place's share is never leased.
    const open = leases
      .filter((lease) => scope === 'd' && lease.d === key)
      .reduce((sum, lease) => sum + lease.unspent, 0);
    const issued = coupons.filter((coupon) => shareKey(scope, coupon) === key).length;
    equal(`share of ${key}`, Number(used?.issued ?? 0), { left: 0, leased: open, issued });
  }
}

type Scope = 'd' | 'p';
const shareKey = (scope: Scope, { issuedAt, triggerPlaceId }: StoredCoupon): string | undefined =>
  scope === 'p' ? triggerPlaceId : new Date(issuedAt + ZONE_OFFSET_MS).toISOString().slice(0, 10);

function sharesOf({ body }: CampaignTruth, coupons: readonly StoredCoupon[]) {
  const shares: { name: string; key: string; scope: Scope }[] = [];
  for (const [name, scope, limit] of [
    ['DAY', 'd', body.limits?.perDay],
    ['PLACE', 'p', body.limits?.perPlace],
  ] as const) {
    if (!limit) continue;
    for (const key of new Set(coupons.map((coupon) => shareKey(scope, coupon))))
      if (key !== undefined) shares.push({ name, key, scope });
  }
  return shares;
}

/** The same signals again, long after: nothing may change. */
async function checkRedelivery(world: World, truth: Truth): Promise<void> {
  const { queues, random, tables } = world;
  const bodies = random.shuffle(queues.signals.handled).slice(0, REDELIVERED);
  const state = (): string =>
    JSON.stringify([[...tables.items('offers')].length, [...tables.items('stock')], [...tables.items('people')]]);
  const before = state();
  await inSimulation(world, async () => {
    for (const body of bodies) queues.signals.put({ body });
  });
  if (state() !== before) truth.violate('7', 'signals that were delivered again have changed something', []);
}
