import { couponCode } from '#core/offers/coupon-code.ts';
import { engage } from '#functions/engage/engage.ts';
import { processRuntime } from '#functions/shared/process.ts';
import { aftermathOf, claims } from './checks.ts';
import { type HttpAnswer, isAnswered, redeemOf } from './events.ts';
import type { Race } from './races.ts';
import { launch, PLACE_ID, populate, tapOf, withdraw } from './world.ts';

const TILLS = 200;
/** Every tenth till is impatient, and asks twice at once. */
const TWICE_EVERY = 10;
/** The winner asks again this often, once for each process. */
const REPLAYS = 8;
/** Requests that two hundred tills make, roughly: kills fall within. */
const REQUESTS = 700;

/** Two hundred tills, one code: one of them sells, and keeps getting the same answer. */
export const tills: Race = {
  name: 'tills',
  prepare: (world) => populate(world, 0, 1),
  kills: { most: 2, within: REQUESTS },
  round: async (world, { id, random }) => {
    const campaign = await launch(world, id, { stock: 1 });
    // This process talks to the database directly: one coupon, in the hands of one person.
    await engage(tapOf(world, `tap-${id}`, 0), processRuntime);
    const [issued] = (await aftermathOf(world)).coupons;
    const code = couponCode(await processRuntime.secret('couponSecret'), world.brand, issued?.couponId ?? '');
    const bodyOf = (till: number) => ({
      redemptionId: `r-${till}`,
      placeId: PLACE_ID,
      tillId: `till-${till}`,
      basket: { total: 2000 + till, currency: 'CNY' },
    });
    const ask = (body: object) => redeemOf({ code, token: world.tillToken, body });
    const numbers = Array.from({ length: TILLS }, (_, till) => till);
    const asking = random.shuffle([...numbers, ...numbers.filter((till) => till % TWICE_EVERY === 0)]);
    const answers = (await world.crew.race(
      asking.map((till) => ask(bodyOf(till))),
      isAnswered,
    )) as HttpAnswer[];
    await world.quiet();

    const claim = claims();
    const sold = answers.map((answer, index) => ({ ...answer, till: asking[index] ?? -1 }));
    const winners = [...new Set(sold.filter(({ statusCode }) => statusCode === 200).map(({ till }) => till))];
    claim.equal('tills that sold', winners.length, 1);
    const winner = winners[0] ?? -1;
    const statuses = new Set(sold.filter(({ till }) => till !== winner).map(({ statusCode }) => statusCode));
    claim.equal('what the others were told', [...statuses], [409]);

    const again = Array.from({ length: REPLAYS }, () => ask(bodyOf(winner)));
    const other = ask({ ...bodyOf(winner), basket: { total: 1, currency: 'CNY' } });
    const loser = ask(bodyOf((winner + 1) % TILLS));
    const later = (await world.crew.race([...again, other, loser], isAnswered)) as HttpAnswer[];
    await world.quiet();
    const bodies = [...sold.filter(({ till }) => till === winner), ...later.slice(0, REPLAYS)].map(({ body }) => body);
    claim.equal('different answers to the winner', new Set(bodies).size, 1);
    const told = later.map(({ statusCode }) => statusCode);
    claim.equal('later answers', told, [...Array.from({ length: REPLAYS }, () => 200), 422, 409]);

    const { coupons } = await aftermathOf(world);
    const { state, redemption } = coupons[0] ?? {};
    claim.equal('the coupon', [coupons.length, state, redemption?.redemptionId], [1, 'redeemed', `r-${winner}`]);
    await withdraw(world, campaign);
    return { jobs: answers.length + later.length, violations: claim.violations };
  },
};
