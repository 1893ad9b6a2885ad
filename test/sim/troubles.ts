import type { World } from './world.ts';

/** Longer than any lease, any visibility, and the ten minutes of a transaction's token. */
const MAX_PAUSE_MS = 20 * 60_000;
const PAUSED_TOGETHER = 5;

/** What is planned for a seed besides the faults of single calls: pauses, jumping clocks, deletions by time to live. */
export function planTroubles(world: World, spanMs: number): void {
  const { scheduler, faults, random } = world;
  const { profile } = faults;
  const sometime = (): number => scheduler.now() + random.next() * spanMs;
  for (let index = 0; index < profile.pauses; index += 1) scheduler.at(sometime(), () => pauseSome(world));
  for (let index = 0; index < profile.jumps; index += 1) scheduler.at(sometime(), () => jumpClock(world));
  if (!random.chance(0.5)) return;
  for (let index = 0; index < 4; index += 1) scheduler.at(sometime(), () => expire(world));
}

/** Clogs environments one by one, and lets them go in any order. */
function pauseSome({ lambda, scheduler, faults, random, history }: World): void {
  for (const environment of random.shuffle(lambda.environments).slice(0, random.int(1, PAUSED_TOGETHER))) {
    const ms = random.int(1_000, MAX_PAUSE_MS);
    environment.pausedUntil = Math.max(environment.pausedUntil, scheduler.now() + ms);
    faults.count('pause');
    history.record(environment.id, 'paused', `${ms} ms`);
  }
}

function jumpClock({ lambda, faults, random, history }: World): void {
  const [environment] = random.shuffle(lambda.environments);
  if (!environment) return;
  environment.skewMs = random.int(-faults.profile.maxSkewMs, faults.profile.maxSkewMs);
  faults.count('F14');
  history.record(environment.id, 'clock jumps', `${environment.skewMs} ms`);
}

/** DynamoDB deletes what its time to live allows: at once here, which it may. */
function expire({ tables, scheduler, faults, history }: World): void {
  const deleted = tables.expire(scheduler.now());
  for (let index = 0; index < deleted; index += 1) faults.count('F11');
  tables.takeChanges();
  history.record('dynamodb', 'ttl', `${deleted} items`);
}
