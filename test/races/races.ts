import { createRandom, type Random } from '#local/random.ts';
import type { FaultCounts } from '#test/support/fault-proxy.ts';
import type { CrewCounts } from './crew.ts';
import { duplicates } from './duplicates.ts';
import { stock } from './stock.ts';
import { tills } from './tills.ts';
import { clearRound, startWorld, type World } from './world.ts';

const PROGRESS_EVERY = 10;
/** More of the same tells nobody more. */
const ENOUGH_VIOLATIONS = 20;

/** A situation in which many want one thing, played again and again. */
export type Race = {
  name: string;
  /** Once, before the first round. */
  prepare: (world: World) => Promise<void>;
  /** Processes killed in a round: up to so many, at moments drawn from its first `within` requests. */
  kills: { most: number; within: number };
  /** One round: sets up, races, looks. `id` is of this round alone. */
  round: (world: World, round: { id: string; random: Random }) => Promise<{ jobs: number; violations: string[] }>;
};

export const RACES: readonly Race[] = [tills, duplicates, stock];

export type RacesReport = {
  race: string;
  jobs: number;
  requests: number;
  seconds: number;
  /** Kills, invocations that came again after a kill or a failure, and the names of errors that handlers logged. */
  counts: CrewCounts;
  faults: FaultCounts;
  /** What did not hold, each with its race and round. */
  violations: string[];
};

/** Plays a race in a world of its own. The seed fixes faults and kills, not how the machine schedules processes. */
export async function runRace(
  race: Race,
  options: { rounds: number; seed: number; progress: (line: string) => void },
): Promise<RacesReport> {
  const start = performance.now();
  const world = await startWorld(options.seed);
  try {
    await race.prepare(world);
    const violations: string[] = [];
    let jobs = 0;
    for (let number = 1; number <= options.rounds; number += 1) {
      const played = await playRound(world, race, number, options.seed);
      jobs += played.jobs;
      for (const text of played.violations) {
        violations.push(`${race.name}, round ${number}: ${text}`);
        options.progress(`VIOLATED ${race.name}, round ${number}: ${text}`);
      }
      if (number % PROGRESS_EVERY === 0 || number === options.rounds) {
        const seconds = Math.round((performance.now() - start) / 1000);
        options.progress(`${race.name}: ${number} rounds, ${jobs} jobs, ${violations.length} violations, ${seconds} s`);
      }
      if (violations.length > ENOUGH_VIOLATIONS) break;
    }
    const { counts } = world.crew;
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const requests = world.proxy.requests();
    return { race: race.name, jobs, requests, seconds, counts, faults: { ...world.proxy.counts }, violations };
  } finally {
    await world.stop();
  }
}

async function playRound(world: World, race: Race, number: number, seed: number) {
  const random = createRandom(seed, `${race.name}/${number}`);
  await clearRound(world);
  const kills = random.int(0, race.kills.most);
  for (let kill = 0; kill < kills; kill += 1) {
    world.afterRequests(random.int(1, race.kills.within), () => world.crew.kill(random));
  }
  try {
    return await race.round(world, { id: `${race.name}-${number}`, random });
  } catch (error) {
    return { jobs: 0, violations: [`it did not end: ${error instanceof Error ? error.message : error}`] };
  } finally {
    world.forgetMoments();
  }
}
