import type { Person } from '#core/model/person.ts';
import type { Rule, RuleGroup } from '#core/model/segment.ts';
import { createRandom, type Random } from '#local/random.ts';

const DAY_MS = 86_400_000;

/** The moment of every decision of the bench. */
export const NOW = Date.parse('2026-11-22T12:00:00Z');

type Numbers = { name: string; low: number; high: number; step: number };
type Words = { name: string; values: readonly string[] };

const words = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

/** 22 attributes: 8 numbers, 7 enumerations, 5 flags, a list and an instant. Everybody has all, which spares the other
 * engines a test for what is missing. */
const NUMBERS: readonly Numbers[] = [
  { name: 'age', low: 16, high: 90, step: 1 },
  { name: 'visits30d', low: 0, high: 30, step: 1 },
  { name: 'visits90d', low: 0, high: 90, step: 1 },
  { name: 'spend90d', low: 0, high: 200_000, step: 500 },
  { name: 'basketAverage', low: 0, high: 20_000, step: 100 },
  { name: 'points', low: 0, high: 50_000, step: 250 },
  { name: 'memberDays', low: 0, high: 3650, step: 30 },
  { name: 'couponsUsed', low: 0, high: 40, step: 1 },
];
const WORDS: readonly Words[] = [
  { name: 'tier', values: ['bronze', 'silver', 'gold', 'platinum'] },
  { name: 'language', values: ['zh', 'en', 'ja', 'ko', 'fr'] },
  { name: 'city', values: words('city', 30) },
  { name: 'homeStore', values: words('store', 50) },
  { name: 'category', values: words('category', 12) },
  { name: 'channel', values: ['email', 'sms', 'push', 'wechat'] },
  { name: 'device', values: ['ios', 'android', 'web'] },
];
const FLAGS = ['hasApp', 'parent', 'student', 'newsletter', 'vip'];
const INTERESTS = words('interest', 15);
const RECENCIES = ['P1D', 'P3D', 'P7D', 'P14D', 'P30D', 'P60D', 'P90D', 'P180D'];

/** Thresholds and values that marketers and tills write are round; `continuous` ones never come twice. */
export type Grain = 'round' | 'continuous';

/** `count` campaigns' rules of about nine comparisons each, with AND, OR and NOT. */
export function someRules(count: number, grain: Grain, seed: number): RuleGroup[] {
  const random = createRandom(seed, `rules ${grain}`);
  return Array.from({ length: count }, () => aRule(random, grain));
}

/** Parts that all must hold, many of them alternatives. */
function aRule(random: Random, grain: Grain): RuleGroup {
  const parts = Array.from({ length: random.int(4, 6) }, (): Rule | RuleGroup => {
    const kind = random.next();
    if (kind < 0.53) return anAtom(random, grain);
    if (kind < 0.86) return { combinator: 'or', rules: atoms(random, grain, random.int(2, 3)) };
    if (kind < 0.93) {
      const both: RuleGroup = { combinator: 'and', rules: atoms(random, grain, 2) };
      return { combinator: 'or', rules: [...atoms(random, grain, random.int(1, 2)), both] };
    }
    return { combinator: random.chance(0.5) ? 'and' : 'or', not: true, rules: atoms(random, grain, 2) };
  });
  return { combinator: 'and', rules: parts };
}

const atoms = (random: Random, grain: Grain, count: number): Rule[] =>
  Array.from({ length: count }, () => anAtom(random, grain));

function anAtom(random: Random, grain: Grain): Rule {
  const field = random.int(0, 21);
  const numbers = NUMBERS[field];
  if (numbers) return aNumberAtom(random, grain, numbers);
  const text = WORDS[field - NUMBERS.length];
  if (text) return aTextAtom(random, text);
  const flag = FLAGS[field - NUMBERS.length - WORDS.length];
  if (flag) return { field: flag, operator: '=', value: random.chance(0.6) };
  if (field === 20) {
    const operator = random.pick(['contains', 'doesNotContain', 'in'] as const);
    const value = operator === 'in' ? some(random, INTERESTS, 2) : random.pick(INTERESTS);
    return { field: 'interests', operator, value };
  }
  return { field: 'lastVisit', operator: random.pick(['inLast', 'notInLast']), value: random.pick(RECENCIES) };
}

/** Rules single out the upper or the lower part of a scale, or a stretch of it. */
function aNumberAtom(random: Random, grain: Grain, numbers: Numbers): Rule {
  const { name: field, low, high } = numbers;
  const at = (share: number) => low + (high - low) * share;
  const operator = random.pick(['>=', '>=', '<', '<', 'between'] as const);
  if (operator === '>=') return { field, operator, value: numberIn(random, grain, { ...numbers, low: at(0.4) }) };
  if (operator === '<') return { field, operator, value: numberIn(random, grain, { ...numbers, high: at(0.6) }) };
  const from = numberIn(random, grain, { ...numbers, high: at(0.7) });
  const to = numberIn(random, grain, { ...numbers, low: from, high: Math.min(high, from + at(0.4) - low) });
  return { field, operator, value: [from, to] };
}

function aTextAtom(random: Random, { name, values }: Words): Rule {
  const operator = random.pick(['=', '=', '!=', 'in', 'in', 'notIn'] as const);
  if (operator === '=' || operator === '!=') return { field: name, operator, value: random.pick(values) };
  return { field: name, operator, value: some(random, values, Math.max(2, Math.floor(values.length / 3))) };
}

const some = (random: Random, values: readonly string[], count: number): string[] => [
  ...new Set(Array.from({ length: count }, () => random.pick(values))),
];

function numberIn(random: Random, grain: Grain, { low, high, step }: Numbers): number {
  const number = random.between(low, high);
  return grain === 'continuous' ? number : Math.round(number / step) * step;
}

/** `count` people, all different. */
export function somePeople(count: number, grain: Grain, seed: number): Person[] {
  const random = createRandom(seed, `people ${grain}`);
  return Array.from({ length: count }, (_, index) => ({
    personId: `person-${index}`,
    identifiers: [{ kind: 'member', value: String(index) }],
    attributes: {
      ...Object.fromEntries(NUMBERS.map((numbers) => [numbers.name, numberIn(random, grain, { ...numbers, step: 1 })])),
      ...Object.fromEntries(WORDS.map(({ name, values }) => [name, random.pick(values)])),
      ...Object.fromEntries(FLAGS.map((name) => [name, random.chance(0.5)])),
      interests: some(random, INTERESTS, random.int(0, 5)),
      lastVisit: new Date(NOW - Math.floor(random.between(0, 400 * DAY_MS))).toISOString(),
    },
  }));
}

/** What the other engines are given: flat, and with the instant as a number, which spares them parsing it. */
export type Flat = { [attribute: string]: unknown };
export const flat = ({ attributes }: Person): Flat => ({
  ...attributes,
  lastVisit: Date.parse(String(attributes.lastVisit)),
});

/** How many comparisons there are in a rule. */
export const atomsIn = (rule: Rule | RuleGroup): number =>
  'combinator' in rule ? rule.rules.reduce((sum, part) => sum + atomsIn(part), 0) : 1;
