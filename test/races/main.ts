import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { RACES, type RacesReport, runRace } from './races.ts';

/**
 * `npm run races -- [--rounds 50] [--seed S] [--only tills|duplicates|stock]`: real processes, real HTTP, faults and
 * kills. Ends with 1, the seed and what did not hold when anything did not. Each race has a process and a database of
 * its own, and they run side by side: one of them waits while another computes.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
const races = RACES.filter(({ name }) => values.only === undefined || name === values.only);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed) || races.length === 0) {
  console.error('races [--rounds 50] [--seed 1] [--only tills|duplicates|stock]');
  process.exit(2);
}

const [only] = races;
if (process.send && only) {
  process.send(await runRace(only, { rounds, seed, progress: console.log }));
  process.disconnect();
} else {
  console.log(`SEED=${seed}`);
  print(await Promise.all(races.map(({ name }) => inItsProcess(name))));
}

async function inItsProcess(name: string): Promise<RacesReport> {
  const child = fork(import.meta.filename, ['--rounds', String(rounds), '--seed', String(seed), '--only', name]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the race ${name} ended with ${code} before it had a report`);
  });
  const [report] = (await Promise.race([once(child, 'message'), ended])) as [RacesReport];
  ended.catch(() => undefined);
  // Its report is all that is wanted of it: whatever it still holds open must not keep us.
  child.kill('SIGKILL');
  return report;
}

function print(reports: readonly RacesReport[]): void {
  console.table(
    reports.map(({ race, jobs, counts, requests, seconds }) => ({
      race,
      rounds,
      jobs,
      kills: counts.kills,
      'again after kill': counts.redelivered,
      'again after failure': counts.retried,
      requests,
      seconds,
      'rounds/s': Math.round((rounds / seconds) * 100) / 100,
    })),
  );
  console.table(Object.fromEntries(reports.map(({ race, faults }) => [race, faults])));
  for (const { race, counts } of reports) {
    const errors = Object.entries(counts.complaints).sort(([, left], [, right]) => right - left);
    if (errors.length > 0) console.log(`${race}: ${errors.map(([name, count]) => `${count} ${name}`).join(', ')}`);
  }
  const violations = reports.flatMap((report) => report.violations);
  for (const violation of violations) console.error(`VIOLATED ${violation}`);
  if (violations.length > 0) {
    const same = values.only ? ` --only ${values.only}` : '';
    console.error(`again: npm run races -- --rounds ${rounds} --seed ${seed}${same}`);
    process.exitCode = 1;
  } else console.log('nothing was violated');
}
