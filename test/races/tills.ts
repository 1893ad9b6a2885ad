import { couponCode } from '#core/offers/coupon-code.ts';
import type { RedemptionAction } from '#core/offers/redemption.ts';
import { aftermathOf, type Claims, claims } from './checks.ts';
import type { Job } from './crew.ts';
import { deliveryOf, type HttpAnswer, isAnswered, isDeleted, tillRequestOf } from './events.ts';
import type { Race } from './races.ts';
import { launch, PLACE_ID, populate, tapOf, type World, withdraw } from './world.ts';

const TILLS = 200;
/** Every tenth till is impatient, and asks twice at once. */
const TWICE_EVERY = 10;
/** What is asked again is asked this often, once for each process. */
const AGAIN = 8;
/** Tills that race for the coupon once more after the winner has given it back. */
const SECOND_TILLS = 40;
/** Requests that a round makes, roughly: kills fall within. */
const REQUESTS = 900;

type Body = ReturnType<typeof bodyOf>;
type Asked = { action: RedemptionAction; body: Body };

/**
 * Two hundred tills, one code: one of them sells, and keeps getting the same answer. It gives the coupon back, and forty
 * others race to reserve or redeem it: one of them gets it, and the first stays out.
 */
export const tills: Race = {
  name: 'tills',
  prepare: (world) => populate(world, 0, 1),
  kills: { most: 2, within: REQUESTS },
  round: async (world, { id, random }) => {
    const campaign = await launch(world, id, { stock: 1 });
    const ask = await openTills(world, `tap-${id}`);
    const claim = claims();
    let jobs = 0;
    const race = async (asked: readonly Asked[]): Promise<HttpAnswer[]> => {
      jobs += asked.length;
      return (await world.crew.race(asked.map(ask), isAnswered)) as HttpAnswer[];
    };
    const every = (times: number, asked: Asked): Asked[] => Array.from({ length: times }, () => asked);

    const all = Array.from({ length: TILLS }, (_, till): Asked => ({ action: 'redeem', body: bodyOf('r', till) }));
    const asking = random.shuffle([...all, ...all.filter((_, till) => till % TWICE_EVERY === 0)]);
    const winner = onlyWinner(claim, 'tills that sold', asking, await race(asking));
    if (!winner) return { jobs, violations: claim.violations };

    const changed: Asked = { action: 'redeem', body: { ...winner.body, basket: { total: 1, currency: 'CNY' } } };
    const loser = asking.find(({ body }) => body !== winner.body) ?? winner;
    const later = await race([...every(AGAIN, winner), changed, loser]);
    claim.equal('later answers', statuses(later), [...Array.from({ length: AGAIN }, () => 200), 422, 409]);
    claim.equal('other answers to the winner', others(later.slice(0, AGAIN), winner.answer), []);
    await checkCoupon(world, claim, ['redeemed', winner.body.redemptionId, 0]);

    const undone = await race(every(AGAIN, { action: 'rollback', body: winner.body }));
    claim.equal('rollbacks', [...new Set(statuses(undone))], [200]);
    claim.equal('different rollbacks', new Set(undone.map(({ body }) => body)).size, 1);
    await checkCoupon(world, claim, ['issued', undefined, 1]);

    const seconds = Array.from({ length: SECOND_TILLS }, (_, till): Asked => {
      return { action: random.chance(0.5) ? 'reserve' : 'redeem', body: bodyOf('s', till) };
    });
    const late: Asked = { action: 'redeem', body: winner.body };
    const rush = random.shuffle([...seconds, late, { ...late, action: 'rollback' as const }]);
    const heir = onlyWinner(claim, 'tills that had it then', rush, await race(rush), [winner.body.redemptionId]);
    if (!heir) return { jobs, violations: claim.violations };
    const sold = await race(every(AGAIN, { action: 'redeem', body: heir.body }));
    claim.equal('commits', [...new Set(statuses(sold))], [200]);
    claim.equal('different commits', new Set(sold.map(({ body }) => body)).size, 1);
    await checkCoupon(world, claim, ['redeemed', heir.body.redemptionId, 1]);
    await withdraw(world, campaign);
    return { jobs, violations: claim.violations };
  },
};

/** One coupon in the hands of one person, and how tills ask for it. */
async function openTills(world: World, signalId: string): Promise<(asked: Asked) => Job> {
  await world.crew.race([deliveryOf(tapOf(world, signalId, 0))], isDeleted);
  await world.quiet();
  const [coupon] = (await aftermathOf(world)).coupons;
  if (!coupon) throw new Error('there is no coupon to race for');
  const code = couponCode(world.couponSecret, world.brand, coupon.couponId);
  return ({ action, body }) => tillRequestOf({ action, code, token: world.tillToken, body });
}

function bodyOf(series: string, till: number) {
  return {
    redemptionId: `${series}-${till}`,
    placeId: PLACE_ID,
    tillId: `till-${till}`,
    basket: { total: 2000 + till, currency: 'CNY' },
  };
}

/** One till was told yes, whenever it asked, in the same words; all others no. Those in `apart` have their own rules. */
function onlyWinner(
  claim: Claims,
  what: string,
  asked: readonly Asked[],
  answers: readonly HttpAnswer[],
  apart: readonly string[] = [],
): (Asked & { answer: string }) | undefined {
  const told = asked
    .map((one, index) => ({ ...one, status: answers[index]?.statusCode, answer: answers[index]?.body ?? '' }))
    .filter(({ body }) => !apart.includes(body.redemptionId));
  const yes = told.filter(({ status }) => status === 200);
  const winners = new Set(yes.map(({ body }) => body.redemptionId));
  claim.equal(what, winners.size, 1);
  const [winner] = yes;
  if (!winner) return undefined;
  claim.equal(`${what}: answers to the winner`, new Set(yes.map(({ answer }) => answer)).size, 1);
  const no = told.filter(({ body }) => !winners.has(body.redemptionId)).map(({ status }) => status);
  claim.equal(`${what}: answers to the others`, [...new Set(no)], [409]);
  const again = told.filter(({ body, status }) => winners.has(body.redemptionId) && status !== 200);
  claim.equal(`${what}: the winner was refused`, again, []);
  return winner;
}

async function checkCoupon(world: World, claim: Claims, expected: readonly unknown[]): Promise<void> {
  await world.quiet();
  const { coupons } = await aftermathOf(world);
  const { state, redemption, spentRedemptions = [] } = coupons[0] ?? {};
  claim.equal('coupons', coupons.length, 1);
  claim.equal('the coupon', [state, redemption?.redemptionId, spentRedemptions.length], expected);
}

const statuses = (answers: readonly HttpAnswer[]): number[] => answers.map(({ statusCode }) => statusCode);
const others = (answers: readonly HttpAnswer[], answer: string): string[] =>
  answers.map(({ body }) => body).filter((body) => body !== answer);
