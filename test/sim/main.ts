import corpus from './corpus.json' with { type: 'json' };
import { formatLine } from './history.ts';
import { type Options, readOptions } from './options.ts';
import { PLANTS, type Plant } from './plant-list.ts';
import { plantNamed } from './plants.ts';
import { runSeeds, type SeedReport } from './pool.ts';
import { add, createTotals, printFailure, printTotals, type Totals } from './report.ts';
import type { SeedResult } from './run-seed.ts';
import { type Exposure, sampleRatio } from './sample-ratio.ts';

/** A planted bug must be noticed by then. */
const PLANT_SEEDS = 20;
/** Violations that are printed in full; one is usually enough. */
const MAX_PRINTED = 3;
/** Below this the two groups of an experiment cannot be compared. */
const MIN_P = 0.001;
const PROGRESS_MS = 2_000;

const options = readOptions(process.argv.slice(2));
if (options.plant === 'list') listPlants();
else if (options.plant === 'all') process.exitCode = await plantAll(options);
else if (options.plant !== undefined && options.seed === undefined)
  process.exitCode = await plantOne(options.plant, options);
else process.exitCode = await simulate(options);

function listPlants(): void {
  for (const { name, words, invariants } of PLANTS)
    console.log(`${name.padEnd(26)} ${words} (INV ${invariants.join(', ')})`);
}

/** 0 when every invariant held. */
async function simulate({ seed, seeds, from, seconds, trace, plant }: Options): Promise<number> {
  const totals = createTotals();
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  const queue = seed !== undefined ? [seed] : [...corpus.seeds];
  let number = 0;
  const next = (): number | undefined => {
    if (queue.length > 0) return queue.shift();
    if (seed !== undefined || (seconds === undefined ? number >= seeds : elapsed() >= seconds)) return undefined;
    number += 1;
    return from + number - 1;
  };
  const progress = setInterval(() => {
    process.stderr.write(
      `\r${totals.seeds} seeds, ${totals.failed.length} failed, ${(totals.seeds / elapsed()).toFixed(1)} seeds/s `,
    );
  }, PROGRESS_MS);
  let traced: SeedResult | undefined;
  const onReport = (report: SeedReport): void => {
    add(totals, report);
    traced = report.result;
  };
  await runSeeds(next, onReport, { trace, plant, ...(seed !== undefined && { workers: 1 }) });
  clearInterval(progress);
  if (trace && traced) for (const line of traced.lines) console.log(formatLine(line, traced.start));
  printTotals(totals, elapsed());
  await printFailures(totals);
  return totals.failed.length === 0 && ratioHolds(totals) ? 0 : 1;
}

function ratioHolds({ exposures }: Totals): boolean {
  if (sampleRatio(exposures).p > MIN_P) return true;
  console.log('the held out and the offered are not in proportion: the experiment is biased');
  return false;
}

async function printFailures({ failed, seeds }: Totals): Promise<void> {
  if (failed.length === 0) {
    console.log('every invariant held');
    return;
  }
  for (const report of failed.slice(0, MAX_PRINTED)) printFailure(report, await traceOf(report));
  console.log(
    `\n${failed.length} of ${seeds} seeds failed: ${failed
      .map(({ seed }) => seed)
      .slice(0, 50)
      .join(' ')}`,
  );
}

/** The same seed once more, this time with its history kept. */
async function traceOf({ seed, result }: SeedReport, plant?: string): Promise<SeedResult | undefined> {
  if (!result) return undefined;
  const seeds = [seed];
  let traced: SeedResult | undefined;
  const onReport = (report: SeedReport): void => {
    traced = report.result;
  };
  await runSeeds(() => seeds.shift(), onReport, { trace: true, workers: 1, plant });
  return traced;
}

type Caught = { seeds: number; report: SeedReport } | undefined;

async function catchPlant({ name, invariants }: Plant, from: number): Promise<Caught> {
  let number = 0;
  let caught: Caught;
  const next = (): number | undefined => {
    if (caught || number >= PLANT_SEEDS) return undefined;
    number += 1;
    return from + number - 1;
  };
  const exposures: Exposure[] = [];
  const onReport = (report: SeedReport): void => {
    if (!report.result) throw new Error(`${name}: ${report.error}`);
    exposures.push(...report.result.exposures);
    const { p, heldOut, people } = sampleRatio(exposures);
    if (p < MIN_P) {
      const words = `${heldOut} of ${people} held out, p ${p.toExponential(1)}`;
      report.result.violations.push({ invariant: 'sample ratio', words, time: report.result.start, about: [] });
    }
    const meant = report.result.violations.filter(({ invariant }) => invariants.includes(invariant));
    if (meant.length > 0) caught ??= { seeds: number, report };
  };
  await runSeeds(next, onReport, { plant: name, workers: 1 });
  return caught;
}

async function plantOne(name: string, { from }: Options): Promise<number> {
  const caught = await catchPlant(plantNamed(name), from);
  if (!caught) {
    console.log(`${name}: not noticed in ${PLANT_SEEDS} seeds`);
    return 0;
  }
  printFailure(caught.report, await traceOf(caught.report, name), name);
  console.log(`\n${name}: noticed after ${caught.seeds} seed(s), as invariants were broken`);
  return 1;
}

/** 0 when every planted bug was noticed, and by an invariant that is meant to. */
async function plantAll({ from }: Options): Promise<number> {
  const queue = [...PLANTS];
  let missed = 0;
  const work = async (): Promise<void> => {
    for (let plant = queue.shift(); plant; plant = queue.shift()) {
      const { name, words } = plant;
      const caught = await catchPlant(plant, from);
      const found = [...new Set(caught?.report.result?.violations.map(({ invariant }) => invariant) ?? [])];
      if (!caught) missed += 1;
      const verdict = caught ? `seed ${String(caught.seeds).padStart(2)}  INV ${found.join(', ')}` : 'NOT NOTICED';
      console.log(`${name.padEnd(26)} ${verdict.padEnd(36)} ${words}`);
    }
  };
  await Promise.all([work(), work()]);
  console.log(`${PLANTS.length - missed} of ${PLANTS.length} planted bugs were noticed within ${PLANT_SEEDS} seeds`);
  return missed === 0 ? 0 : 1;
}
