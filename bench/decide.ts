import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Person } from '#core/model/person.ts';
import type { RuleGroup } from '#core/model/segment.ts';
import { compileRules } from '#core/people/rule-index.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { median } from './median.ts';
import { atomsIn, type Flat, flat, type Grain, NOW, somePeople, someRules } from './rules/data.ts';
import {
  type Answer,
  closures,
  interpreter,
  jsonLogicEngine,
  jsonRulesEngine,
  mingo,
  ruleIndex,
} from './rules/engines.ts';

const SEED = 20_261_122;
const CAMPAIGNS = 1000;
const PEOPLE = 4000;
/** In each round every engine has its turn, so that a busy neighbour slows all of them alike. */
const ROUNDS = 40;

/** How many people an engine meets in one turn, and how many in all to check its answers: the slow ones fewer. */
type Contender = { name: string; make: (rules: readonly RuleGroup[]) => Answer; turn: number; checked: number };

const CONTENDERS: readonly Contender[] = [
  { name: 'rule index', make: ruleIndex, turn: 1000, checked: PEOPLE },
  { name: 'closures', make: closures, turn: 100, checked: PEOPLE },
  { name: 'matchesRule', make: interpreter, turn: 25, checked: PEOPLE },
  { name: 'json-logic-engine', make: jsonLogicEngine, turn: 40, checked: PEOPLE },
  { name: 'mingo', make: mingo, turn: 10, checked: 500 },
  { name: 'json-rules-engine', make: jsonRulesEngine, turn: 1, checked: ROUNDS },
];

/**
 * `npm run bench -- decide`: which of 1,000 campaigns' rules match a person, for people of whom no two are alike; every
 * engine in one process, in turns, and every answer compared with that of `matchesRule`.
 */
export async function decide(): Promise<BenchResult> {
  const rules = someRules(CAMPAIGNS, 'round', SEED);
  const people = somePeople(PEOPLE, 'round', SEED);
  const documents = people.map(flat);
  const reference = interpreter(rules);
  const expected = await Promise.all(people.map((person, index) => reference(person, documents[index] as Flat)));

  const engines = CONTENDERS.map((contender) => {
    const began = performance.now();
    const answer = contender.make(rules);
    return { ...contender, answer, compileMs: performance.now() - began, times: [] as number[], mismatches: 0 };
  });
  const index = measureIndex(rules, people);
  for (const engine of engines) engine.mismatches = await countMismatches(engine, people, documents, expected);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const engine of engines) engine.times.push(await takeTurn(engine, round, people, documents));
  }

  const rows = engines.map(({ name, times, compileMs, checked, mismatches }) => ({
    engine: name,
    usPerPerson: round1(median(times)),
    fastestUs: round1(Math.min(...times)),
    compileMs: round1(compileMs),
    peopleChecked: checked,
    mismatches,
  }));
  // Turns are minutes apart in the worst case, so ratios are taken within each round.
  const ratio = (name: string): number => {
    const [ours, theirs] = ['rule index', name].map(
      (wanted) => engines.find((one) => one.name === wanted)?.times ?? [],
    );
    return round1(median((theirs ?? []).map((time, round) => time / (ours?.[round] ?? Number.NaN))));
  };
  const mismatches = engines.reduce((sum, engine) => sum + engine.mismatches, 0);
  const fresh = continuous();
  return {
    name: 'decide',
    machine: machine(),
    rows: [
      ...rows,
      { data: `seed ${SEED}`, ...describe(rules, expected as number[][]) },
      { warmUp: 'microseconds per person, pass by pass', passes: index.passes.map(round1).join(' ') },
      fresh.row,
    ],
    headline: {
      usPerPerson1000Campaigns: rows[0]?.usPerPerson ?? Number.NaN,
      p99Us: round1(index.p99Us),
      ratioToJsonLogicEngine: ratio('json-logic-engine'),
      ratioToClosures: ratio('closures'),
      ratioToMingo: ratio('mingo'),
      ratioToMatchesRule: ratio('matchesRule'),
      ratioToJsonRulesEngine: ratio('json-rules-engine'),
      mismatches: mismatches + fresh.mismatches,
      compileMs: rows[0]?.compileMs ?? Number.NaN,
      heapMb: index.heapMb,
    },
  };
}

async function countMismatches(
  { answer, checked }: Contender & { answer: Answer },
  people: readonly Person[],
  documents: readonly Flat[],
  expected: readonly number[][],
): Promise<number> {
  let mismatches = 0;
  for (let index = 0; index < checked; index += 1) {
    const found = await answer(people[index] as Person, documents[index] as Flat);
    if (found.join() !== expected[index]?.join()) mismatches += 1;
  }
  return mismatches;
}

/** Microseconds per person; each turn begins with other people than the last. */
async function takeTurn(
  { answer, turn }: Contender & { answer: Answer },
  round: number,
  people: readonly Person[],
  documents: readonly Flat[],
): Promise<number> {
  const first = round * turn;
  const began = performance.now();
  for (let index = first; index < first + turn; index += 1) {
    const found = answer(people[index % PEOPLE] as Person, documents[index % PEOPLE] as Flat);
    // Only one engine is asynchronous; the others must not pay for it.
    if (found instanceof Promise) await found;
  }
  return ((performance.now() - began) * 1000) / turn;
}

const WARM_UP_PASSES = 5;

/** What the index costs when it is new, person by person when it is not, and in memory. */
function measureIndex(rules: readonly RuleGroup[], people: readonly Person[]) {
  const before = heapBytes();
  const index = compileRules(rules);
  const pass = (): number => {
    const began = performance.now();
    for (const person of people) index.matches(person, NOW);
    return ((performance.now() - began) * 1000) / people.length;
  };
  const passes = Array.from({ length: WARM_UP_PASSES }, pass);
  const heapMb = round1((heapBytes() - before) / 2 ** 20);
  const single = people.map((person) => {
    const began = performance.now();
    index.matches(person, NOW);
    return (performance.now() - began) * 1000;
  });
  single.sort((left, right) => left - right);
  return { passes, heapMb, p99Us: single[Math.floor(single.length * 0.99)] ?? Number.NaN };
}

/** Thresholds and values that are never round, and people whom the index meets once: nothing to remember helps it. */
function continuous() {
  const grain: Grain = 'continuous';
  const rules = someRules(CAMPAIGNS, grain, SEED);
  const index = compileRules(rules);
  for (const person of somePeople(PEOPLE, grain, SEED + 1)) index.matches(person, NOW);
  const strangers = somePeople(PEOPLE, grain, SEED + 2);
  const documents = strangers.map(flat);
  const byHand = closures(rules);
  strangers.slice(0, 200).forEach((person, at) => void byHand(person, documents[at] as Flat));
  const times = { index: [] as number[], closures: [] as number[] };
  const TURN = 100;
  for (let first = 0; first < strangers.length; first += TURN) {
    const some = strangers.slice(first, first + TURN);
    times.index.push(timeOf(() => some.forEach((person) => void index.matches(person, NOW))) / TURN);
    times.closures.push(
      timeOf(() => some.forEach((person, at) => void byHand(person, documents[first + at] as Flat))) / TURN,
    );
  }
  const again = ruleIndex(rules);
  const reference = interpreter(rules);
  const mismatches = strangers
    .slice(0, 500)
    .filter((person) => String(again(person, {})) !== String(reference(person, {}))).length;
  const ratio = round1(median(times.closures.map((time, turn) => time / (times.index[turn] ?? Number.NaN))));
  return {
    mismatches,
    row: {
      neverSeenBefore: 'rule index',
      usPerPerson: round1(median(times.index)),
      ratioToClosures: ratio,
      mismatches,
    },
  };
}

function timeOf(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) * 1000;
}

function describe(rules: readonly RuleGroup[], expected: readonly number[][]) {
  const atoms = rules.reduce((sum, rule) => sum + atomsIn(rule), 0) / rules.length;
  const matches = expected.reduce((sum, { length }) => sum + length, 0) / expected.length;
  return {
    rules: rules.length,
    people: expected.length,
    atomsPerRule: round1(atoms),
    matchesPerPerson: round1(matches),
  };
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const round1 = (value: number): number => Math.round(value * 10) / 10;
