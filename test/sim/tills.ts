import { couponCode } from '#core/offers/coupon-code.ts';
import { redeem, reserve, rollback } from '#functions/redeem/redeem.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { insist } from './actors.ts';
import { COUPON_SECRET } from './runtime.ts';
import type { Truth } from './truth.ts';
import type { Answer, World } from './world.ts';

const PATTERNS = [
  'once',
  'once',
  'race',
  'race',
  'two steps',
  'give back',
  'foreign',
  'abandoned',
  'changed mind',
  'two tills',
] as const;
const RESERVATION_MS = 15 * 60_000;
const MAX_SKEW_MS = 5 * 60_000;

type Visit = { world: World; truth: Truth; coupon: StoredCoupon; name: string };
type Ask = {
  action: 'reserve' | 'redeem' | 'rollback';
  redemptionId: string;
  till?: number;
  brand?: string;
  placeId?: string;
  basket?: number;
};

const STEPS = { reserve, redeem, rollback };

/** A customer takes a coupon to one till or to several, some honest, some hasty, some forgetful. */
export function visitTill(world: World, truth: Truth, coupon: StoredCoupon): void {
  const { random, scheduler } = world;
  const life = coupon.expiresAt - coupon.issuedAt;
  const pattern = random.pick(PATTERNS);
  scheduler.after(random.between(0.001, 1.1) * life, () => {
    const visit: Visit = { world, truth, coupon, name: coupon.couponId.slice(0, 8) };
    void VISITS[pattern](visit);
  });
}

const VISITS: Record<(typeof PATTERNS)[number], (visit: Visit) => Promise<unknown>> = {
  once: async (visit) => {
    const ask: Ask = { action: 'redeem', redemptionId: `r-${visit.name}` };
    const first = await use(visit, ask);
    if (first?.status === 200) await use(visit, ask);
  },
  race: (visit) =>
    Promise.all(
      Array.from({ length: visit.world.random.int(2, 6) }, async (_, till) => {
        await visit.world.scheduler.sleep(visit.world.random.exponential(20));
        await use(visit, { action: 'redeem', redemptionId: `r${till}-${visit.name}`, till });
      }),
    ),
  'two steps': async (visit) => {
    const redemptionId = `r-${visit.name}`;
    const held = await use(visit, { action: 'reserve', redemptionId });
    await visit.world.scheduler.sleep(visit.world.random.exponential(RESERVATION_MS / 3));
    if (held?.status === 200) await use(visit, { action: 'redeem', redemptionId, basket: 9_000 });
  },
  'two tills': async (visit) => {
    const held = await use(visit, { action: 'reserve', redemptionId: `r-${visit.name}` });
    if (held?.status !== 200) return;
    await use(visit, { action: 'redeem', redemptionId: `other-${visit.name}`, till: 2 });
    await use(visit, { action: 'redeem', redemptionId: `r-${visit.name}` });
  },
  'give back': async (visit) => {
    const redemptionId = `r-${visit.name}`;
    await use(visit, { action: 'redeem', redemptionId });
    await use(visit, { action: 'rollback', redemptionId });
    await use(visit, { action: 'rollback', redemptionId });
    await use(visit, { action: 'redeem', redemptionId: `again-${visit.name}`, till: 2 });
    await use(visit, { action: 'redeem', redemptionId });
  },
  foreign: async (visit) => {
    const { world, truth, coupon } = visit;
    const other = [...truth.brands.keys()].find((brand) => brand !== coupon.brand);
    if (!other) return;
    const answer = await use(visit, { action: 'redeem', redemptionId: `f-${visit.name}`, brand: other });
    if (answer && answer.status !== 404 && answer.status !== 429) {
      truth.violate('27', `another brand’s till got ${answer.status}`, [coupon.couponKey]);
    }
    world.history.record('customer', 'foreign till', String(answer?.status), coupon.couponKey);
  },
  abandoned: async (visit) => {
    const { world, truth, coupon } = visit;
    const held = await use(visit, { action: 'reserve', redemptionId: `r-${visit.name}` });
    if (held?.status !== 200) return;
    await world.scheduler.sleep(RESERVATION_MS + 2 * MAX_SKEW_MS + 60_000);
    const taken = await use(visit, { action: 'redeem', redemptionId: `late-${visit.name}`, till: 2 });
    // A request of the first till that was late by minutes may have reserved it once more: then its time is not up.
    const until = truth.coupons.get(coupon.couponKey)?.reservation?.reservedUntil ?? 0;
    const isOver = until + 2 * MAX_SKEW_MS < world.scheduler.now();
    if (taken?.kind === 'coupon-reserved' && isOver)
      truth.violate('26', 'a reservation outlived its time', [coupon.couponKey]);
  },
  'changed mind': async (visit) => {
    const redemptionId = `r-${visit.name}`;
    const first = await use(visit, { action: 'redeem', redemptionId });
    if (first?.status !== 200) return;
    const other = await use(visit, { action: 'redeem', redemptionId, basket: 12_345 });
    if (other && other.status !== 422) {
      visit.truth.violate('24', `the same redemption with another basket got ${other.status}`, [
        visit.coupon.couponKey,
      ]);
    }
  },
};

/** Asks as often as a till must; remembers what was answered, and holds every answer to the others. */
async function use(visit: Visit, ask: Ask): Promise<Answer | undefined> {
  const { world, truth, coupon } = visit;
  const { action, redemptionId, till = 1, basket } = ask;
  const brand = ask.brand ?? coupon.brand;
  truth.tills[coupon.couponKey] ??= { won: new Set(), answers: new Map() };
  const redemptions = truth.tills[coupon.couponKey] as Truth['tills'][string];
  if (action === 'rollback') redemptions.won.delete(redemptionId);
  const answer = await insist(world, {
    functionName: 'redeem',
    step: STEPS[action],
    brand,
    role: 'till',
    subject: `till-${till}-${visit.name}`,
    path: { code: couponCode(COUPON_SECRET, coupon.brand, coupon.couponId) },
    body: {
      redemptionId,
      placeId: ask.placeId ?? coupon.triggerPlaceId ?? 'place0',
      tillId: `till-${till}`,
      ...(basket !== undefined && { basket: { total: basket, currency: 'CNY' } }),
    },
  });
  if (answer?.status !== 200) return answer;
  const about = [coupon.couponKey, coupon.couponId];
  const key = `${action}/${redemptionId}`;
  const earlier = redemptions.answers.get(key);
  if (earlier !== undefined && earlier !== answer.text)
    truth.violate('24', `the same ${action} got another answer`, about);
  redemptions.answers.set(key, answer.text);
  if (action !== 'redeem') return answer;
  if (brand !== coupon.brand) return answer;
  redemptions.won.add(redemptionId);
  if (redemptions.won.size > 1)
    truth.violate('23', `two redemptions were told yes: ${[...redemptions.won].join(', ')}`, about);
  if (truth.coupons.get(coupon.couponKey)?.redemption?.redemptionId !== redemptionId) {
    truth.violate('23', 'a till was told yes, and the coupon does not say so', about);
  }
  return answer;
}
