import { aftermathOf, checkWhole, claims } from './checks.ts';
import { deliveryOf, isDeleted } from './events.ts';
import type { Race } from './races.ts';
import { launch, populate, tapOf, withdraw } from './world.ts';

const DELIVERIES = 20;
const STOCK = 5;
/** Requests that twenty deliveries make, roughly: kills fall within. */
const REQUESTS = 60;

/** One signal, delivered twenty times to eight processes at once: one coupon. */
export const duplicates: Race = {
  name: 'duplicates',
  prepare: (world) => populate(world, 0, 1),
  kills: { most: 1, within: REQUESTS },
  round: async (world, { id }) => {
    const campaign = await launch(world, id, { stock: STOCK, budget: { amount: 50_000, currency: 'CNY' } });
    const signal = tapOf(world, `tap-${id}`, 0);
    await world.crew.race(
      Array.from({ length: DELIVERIES }, () => deliveryOf(signal)),
      isDeleted,
    );
    await world.quiet();
    const after = await aftermathOf(world);
    const claim = claims();
    claim.equal('ledger entries', after.entries.length, 1);
    claim.equal('coupons', after.coupons.length, 1);
    // That the stock is down by this one coupon, and by nothing else, is part of what `checkWhole` adds up.
    await checkWhole(world, after, { campaignId: id, signals: [signal.signalId], costMinor: 500 }, claim);
    await withdraw(world, campaign);
    return { jobs: DELIVERIES, violations: claim.violations };
  },
};
