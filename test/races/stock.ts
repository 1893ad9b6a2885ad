import { aftermathOf, checkWhole, claims } from './checks.ts';
import { deliveryOf, isDeleted } from './events.ts';
import type { Race } from './races.ts';
import { launch, populate, tapOf, withdraw } from './world.ts';

const PEOPLE = 1000;
const STOCK = 100;
/** Every tenth signal is delivered twice. */
const TWICE_EVERY = 10;
/** Requests that a round makes, roughly: kills fall within. */
const REQUESTS = 3000;

/** A thousand people at the door, a hundred coupons. */
export const stock: Race = {
  name: 'stock',
  prepare: (world) => populate(world, 0, PEOPLE),
  kills: { most: 3, within: REQUESTS },
  round: async (world, { id, random }) => {
    const campaign = await launch(world, id, { stock: STOCK });
    const signals = Array.from({ length: PEOPLE }, (_, person) => tapOf(world, `tap-${id}-${person}`, person));
    const deliveries = random.shuffle([...signals, ...signals.filter((_, index) => index % TWICE_EVERY === 0)]);
    await world.crew.race(deliveries.map(deliveryOf), isDeleted);
    await world.quiet();
    const after = await aftermathOf(world);
    const claim = claims();
    claim.equal('coupons issued', after.coupons.length, STOCK);
    claim.equal('stock left', after.stock?.left, 0);
    const others = after.entries.filter(({ decisions }) => decisions.every(({ couponId }) => couponId === undefined));
    const gates = new Set(others.map(({ decisions }) => decisions[0]?.reasons.at(-1)?.gate));
    claim.equal('what the others were told', [...gates], ['stock']);
    const ids = signals.map(({ signalId }) => signalId);
    await checkWhole(world, after, { campaignId: id, signals: ids, costMinor: 500 }, claim);
    await withdraw(world, campaign);
    return { jobs: deliveries.length, violations: claim.violations };
  },
};
