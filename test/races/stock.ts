import { aftermathOf, checkWhole, claims } from './checks.ts';
import { deliveryOf, isDeleted } from './events.ts';
import type { Race } from './races.ts';
import { launch, populate, tapOf, withdraw } from './world.ts';

const PEOPLE = 1000;
const STOCK = 100;
/** Of so many people the first one's signal is delivered twice, and the second one taps twice. */
const EVERY = 20;
/** Requests that a round makes, roughly: kills fall within. */
const REQUESTS = 3000;

/** A thousand people at the door, a hundred coupons. */
export const stock: Race = {
  name: 'stock',
  prepare: (world) => populate(world, 0, PEOPLE),
  kills: { most: 3, within: REQUESTS },
  round: async (world, { id, random }) => {
    const campaign = await launch(world, id, { stock: STOCK });
    const people = Array.from({ length: PEOPLE }, (_, person) => person);
    const taps = (name: string, whose: (part: number) => boolean) =>
      people.filter((person) => whose(person % EVERY)).map((person) => tapOf(world, `${name}-${id}-${person}`, person));
    const twice = taps('tap', (part) => part === 0);
    const [first, second] = [taps('tap', (part) => part === 1), taps('again', (part) => part === 1)];
    const once = taps('tap', (part) => part > 1);
    // Both of a pair are in flight from the start, while there is something to be had.
    const pairs = random.shuffle([...twice, ...twice, ...first, ...second]);
    const deliveries = [...pairs, ...random.shuffle(once)];
    const signals = [...twice, ...first, ...second, ...once];
    await world.crew.race(deliveries.map(deliveryOf), isDeleted);
    await world.quiet();
    const after = await aftermathOf(world);
    const claim = claims();
    claim.equal('coupons issued', after.coupons.length, STOCK);
    claim.equal('stock left', after.stock?.left, 0);
    const others = after.entries.filter(({ decisions }) => decisions.every(({ couponId }) => couponId === undefined));
    const gates = new Set(others.map(({ decisions }) => decisions[0]?.reasons.at(-1)?.gate));
    // Whoever tapped twice and was offered one by then.
    gates.delete('frequency');
    claim.equal('what the others were told', [...gates], ['stock']);
    const ids = signals.map(({ signalId }) => signalId);
    await checkWhole(world, after, { campaignId: id, signals: ids, costMinor: 500 }, claim);
    await withdraw(world, campaign);
    return { jobs: deliveries.length, violations: claim.violations };
  },
};
