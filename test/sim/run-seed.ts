import type { StoredCoupon } from '#store/coupons.ts';
import { plan, setUp, withdraw } from './actors.ts';
import { checkEnd } from './check-end.ts';
import type { Fault } from './faults.ts';
import { watchSimulation } from './guard.ts';
import type { HistoryLine } from './history.ts';
import type { Weather } from './plant-list.ts';
import { drawExposures, type Exposure } from './sample-ratio.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { visitTill } from './tills.ts';
import { planTroubles } from './troubles.ts';
import { createTruth, type Truth, type Violation } from './truth.ts';
import { watchCommits } from './watch-commits.ts';
import { watchLogs } from './watch-logs.ts';
import { watchSends } from './watch-sends.ts';
import { createWorld, inSimulation, type World } from './world.ts';

const DAY_MS = 86_400_000;
/** A dead letter is looked at the next day. */
const REDRIVE_AFTER_MS = 25 * 3_600_000;
const MAX_REDRIVES = 3;
/** Everything is in place by then, and nothing has happened yet. */
const REGRET_MS = 60_000;
const SET_UP_MS = 120_000;

export type SeedResult = {
  seed: number;
  profile: string;
  shape: string;
  hash: string;
  violations: Violation[];
  counts: Counts;
  faults: [Fault, number][];
  exposures: Exposure[];
  start: number;
  lines: readonly HistoryLine[];
};
export type Counts = {
  events: number;
  storeOperations: number;
  signals: number;
  decisions: number;
  offers: number;
  heldOut: number;
  soldOut: number;
  falselySoldOut: number;
  leases: number;
  messages: number;
  redemptions: number;
  environments: number;
};

/** One seed from beginning to end: set up, let everything happen, heal, redrive, check. */
export async function runSeed(
  seed: number,
  { trace = false, weather }: { trace?: boolean; weather?: Weather | undefined } = {},
): Promise<SeedResult> {
  // The watchers need the world's clock, and the world its watchers.
  let world: World | undefined;
  const now = (): number => world?.scheduler.now() ?? 0;
  const truth = createTruth(now);
  const changeMs = (): number => (world ? changeToleranceMs(world) : 0);
  const commits = watchCommits(truth, now, () => ({ changeMs: changeMs() }));
  let shares = { redeemShare: 0, regretShare: 0 };
  world = createWorld(
    seed,
    {
      applied: (applied) => {
        commits(applied);
        for (const { eventName, after } of applied.changes) {
          if (eventName === 'INSERT' && after?.entity === 'coupon' && world) {
            react(world, truth, after as unknown as StoredCoupon, shares);
          }
        }
      },
      called: watchSends(truth, now, changeMs),
    },
    { trace, weather },
  );
  watchSimulation({
    log: watchLogs(truth),
    reach: (error) => truth.violate('determinism', error.message, []),
  });
  const opensAt = world.start + SET_UP_MS;
  const scenario = drawScenario(world.random, { seed, start: opensAt, weather });
  shares = scenario;
  const { scheduler, faults } = world;

  await inSimulation(world, async () => {
    await setUp(world, truth, scenario);
    await scheduler.sleep(opensAt - scheduler.now());
  });
  faults.begin(scheduler.now(), scenario.spanMs);
  plan(world, truth, scenario);
  planTroubles(world, scenario.spanMs);
  await scheduler.drain();
  faults.heal();
  await redrive(world);
  await checkEnd(world, truth, scenario);
  return {
    seed,
    profile: faults.profile.name,
    shape: scenario.shape,
    hash: world.history.hash(),
    violations: truth.violations,
    counts: countsOf(world, truth),
    faults: [...faults.counts],
    exposures: drawExposures(truth),
    start: world.start,
    lines: world.history.lines,
  };
}

/** What a person does with a coupon: takes it to a till, or thinks better of it all. */
function react(
  world: World,
  truth: Truth,
  coupon: StoredCoupon,
  { redeemShare, regretShare }: Pick<Scenario, 'redeemShare' | 'regretShare'>,
): void {
  const { random, scheduler } = world;
  if (random.chance(redeemShare)) visitTill(world, truth, coupon);
  if (!random.chance(regretShare)) return;
  const { brand, personId, channel } = coupon;
  if (channel !== 'email' && channel !== 'sms') return;
  const regret = { brand, personId, channel, at: 0, how: random.pick(['profile', 'unsubscribe'] as const) };
  scheduler.after(random.next() * REGRET_MS, () => void withdraw(world, truth, regret));
}

/** The next day, everything that ended among the dead letters is tried again. */
async function redrive(world: World): Promise<void> {
  for (let round = 0; round < MAX_REDRIVES; round += 1) {
    const wait = round === 0 ? REDRIVE_AFTER_MS : 1_000;
    await inSimulation(world, () => world.scheduler.sleep(wait));
    const letters = Object.values(world.queues).reduce((sum, queue) => sum + queue.redrive(), 0);
    if (letters === 0) return;
    await world.scheduler.drain();
  }
}

/** How long old terms may still be seen: the age of the catalogue in memory, a stale read of its version, and one run of a function. */
function changeToleranceMs({ faults: { profile } }: World): number {
  if (profile.name === 'calm') return 8_000;
  const clocks = profile.jumps > 0 ? 2 * profile.maxSkewMs : 0;
  const pauses = profile.pauses > 0 ? DAY_MS : 0;
  return 5_000 + profile.maxStaleMs + 35_000 + clocks + pauses;
}

function countsOf(world: World, truth: Truth): Counts {
  const entries = [...truth.ledger.values()].map(({ entry }) => entry);
  const decisions = entries.flatMap((entry) => entry.decisions);
  const outcomes = (outcome: string): number => decisions.filter((decision) => decision.outcome === outcome).length;
  return {
    events: world.scheduler.events,
    storeOperations: world.tables.consumed().calls,
    signals: entries.length,
    decisions: decisions.length,
    offers: outcomes('offered'),
    heldOut: outcomes('held-out'),
    soldOut: decisions.filter(({ reasons }) => reasons.at(-1)?.gate === 'stock' && !reasons.at(-1)?.passed).length,
    falselySoldOut: truth.falselySoldOut,
    leases: truth.leases.size,
    messages: truth.sent,
    redemptions: truth.redemptions,
    environments: world.lambda.peak,
  };
}
