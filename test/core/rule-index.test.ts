import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf, hasBit } from '#core/bits.ts';
import type { AttributeValue, Person } from '#core/model/person.ts';
import {
  MAX_RULE_DEPTH,
  MAX_RULE_NODES,
  RULE_OPERATORS,
  type Rule,
  type RuleGroup,
  type RuleOperator,
} from '#core/model/segment.ts';
import { compileRules } from '#core/people/rule-index.ts';
import { matchesRule } from '#core/people/rules.ts';
import { anyDeed, remembered } from './doings.ts';

/** Random by default; FC_SEED repeats a run. On a failure fast-check prints the smallest counter-example as well. */
const SEED = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
console.log(`rule-index.test.ts: FC_SEED=${SEED}`);
const runs = (numRuns: number) => ({ numRuns, seed: SEED });

const NOW = Date.parse('2026-11-22T12:00:00Z');
const FIELDS = [
  'a',
  'b',
  'c',
  'attributes.a',
  'identifiers.email',
  'attributes.identifiers.email',
  'attributes.attributes.a',
  'attributes.purchases.count',
];
const DERIVED_FIELDS = [
  'purchases.count',
  'purchases.count.30d',
  'purchases.lastAt',
  'purchases.total',
  'purchases.categories',
  'purchases.category.dairy.count',
  'purchases.onlineShare',
  'visits.count',
  'visits.lastAt',
  'visits.places',
  'visits.place.s1.30d.count',
  'visits.averageDwellSeconds',
  'coupons.used.count',
  'coupons.received.count.7d',
  'region.preference',
];
const NASTY_FIELDS = ['__proto__', 'constructor', 'toString', 'attributes.__proto__', 'attributes.', ''];

const NUMBERS = [0, -0, 1, 2, 2.5, 10, -1, 1e308, -1e308, 5e-324];
const TEXTS = [
  '',
  ' ',
  '0',
  '1',
  '2',
  '10',
  ' 1 ',
  '1.0',
  '1e0',
  '0x1',
  'NaN',
  'Infinity',
  'true',
  'false',
  'null',
  'a',
  'ab',
  'b',
  'B',
  'é',
  '😀',
  '__proto__',
  'constructor',
];
const INSTANTS = [
  '2026-11-22T12:00:00Z',
  '2026-11-22T12:00:00.001Z',
  '2026-11-21T12:00:00Z',
  '2026-11-21T12:00:00.001Z',
  '2026-11-22T20:00:00+08:00',
  '2026-10-23T12:00:00Z',
  '2024-02-29T00:00:00Z',
  '2026-11-22',
  '2026-11-22T12:00:00',
];
const POINTS = ['121.47,31.23', '0,0', '121.47, 31.24', '181,0', '0,'];

const anyText = fc.oneof(fc.constantFrom(...TEXTS, ...INSTANTS, ...POINTS), fc.string({ maxLength: 4 }));
const anyNumber = fc.oneof(
  fc.constantFrom(...NUMBERS, Number.NaN, Number.POSITIVE_INFINITY),
  fc.integer({ min: -3, max: 12 }),
  fc.double(),
);
const anyScalar = fc.oneof(anyText, anyNumber, fc.boolean());
const anyPoint = fc
  .tuple(fc.constantFrom(121.47, 0, -180), fc.constantFrom(31.23, 31.24, 90))
  .map((point) => [...point]);
const anyList = fc.oneof(
  fc.array(anyScalar, { maxLength: 4 }),
  fc.array(fc.constantFrom(...INSTANTS), { maxLength: 3 }),
  anyPoint,
  // Longer than the schema takes, and full of nothing: what is not known must not break what is.
  fc.array(fc.oneof(anyScalar, fc.constant(null), fc.constant(['a'])), { minLength: 90, maxLength: 300 }),
) as fc.Arbitrary<AttributeValue>;
const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 6, arbitrary: anyScalar as fc.Arbitrary<AttributeValue> },
  { weight: 2, arbitrary: anyList },
  { weight: 1, arbitrary: fc.constant(null) },
);

const anyField = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...FIELDS) },
  { weight: 3, arbitrary: fc.constantFrom(...DERIVED_FIELDS) },
  { weight: 1, arbitrary: fc.constantFrom(...NASTY_FIELDS) },
);
const anyOperator = fc.constantFrom<RuleOperator>(...RULE_OPERATORS);
/** What the operator asks for, mostly; sometimes anything, as the schema alone would let it through. */
function valueFor(operator: RuleOperator): fc.Arbitrary<Rule['value']> {
  const anything = fc.oneof(
    anyScalar,
    fc.array(anyScalar, { maxLength: 4 }),
    fc.constant(null),
    fc.constant(undefined),
  );
  const fitting = fittingValue(operator);
  return fc.oneof({ weight: 5, arbitrary: fitting }, { weight: 1, arbitrary: anything }) as fc.Arbitrary<Rule['value']>;
}
function fittingValue(operator: RuleOperator): fc.Arbitrary<unknown> {
  if (operator === 'in' || operator === 'notIn')
    return fc.oneof(fc.array(anyScalar, { maxLength: 5 }), fc.constant('a, 1,true'));
  if (operator.toLowerCase().endsWith('between')) return fc.oneof(fc.tuple(anyScalar, anyScalar), fc.constant('0, 5'));
  if (operator.toLowerCase().endsWith('inlast')) return fc.constantFrom('P1D', 'PT24H', 'P30D', 'PT1S', 'P366D');
  if (operator === 'before' || operator === 'after') return fc.constantFrom(...INSTANTS);
  if (operator.toLowerCase().endsWith('within')) {
    return fc.constantFrom([121.47, 31.23, 1112], [121.47, 31.23, 1111], [0, 0, 2e7], '0,0,5', [0, 0, -1]);
  }
  return anyScalar;
}
const anyRule: fc.Arbitrary<Rule> = anyOperator.chain((operator) =>
  fc.record({ field: anyField, operator: fc.constant(operator), value: valueFor(operator) }),
);

const { anyGroup } = fc.letrec<{ anyGroup: RuleGroup; node: Rule | RuleGroup }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, anyRule, tie('anyGroup')),
  anyGroup: fc.record({
    combinator: fc.constantFrom('and', 'or'),
    not: fc.option(fc.boolean(), { nil: undefined }),
    rules: fc.array(tie('node'), { maxLength: 5 }),
  }) as fc.Arbitrary<RuleGroup>,
}));

const anyPerson: fc.Arbitrary<Person> = fc
  .record({
    email: fc.boolean(),
    deeds: fc.option(fc.array(anyDeed, { maxLength: 8 }), { nil: undefined }),
    receivedAt: fc.array(fc.integer({ min: NOW - 9 * 86_400_000, max: NOW }), { maxLength: 3 }),
    buyers: fc.constantFrom(0, 19, 20),
    attributes: fc.array(
      fc.tuple(
        fc.constantFrom(
          'a',
          'b',
          'c',
          'identifiers.email',
          'attributes.a',
          'purchases.count',
          'constructor',
          '__proto__',
          '',
        ),
        anyValue,
      ),
      { maxLength: 7 },
    ),
  })
  .map(({ email, deeds, receivedAt, buyers, attributes }) => ({
    personId: 'p',
    behaviour: deeds && remembered(deeds),
    receivedAt,
    region: { region: 'r', online: { count: 3, totals: {} }, offline: { count: 1, totals: {} }, buyers },
    identifiers: email ? [{ kind: 'email', value: 'p@example.com' }] : [],
    // As JSON.parse makes them: `__proto__` is a name like any other.
    attributes: Object.fromEntries(attributes),
  }));
const anyNow = fc.oneof(fc.constant(NOW), fc.integer({ min: NOW - 86_400_001, max: NOW + 1 }), fc.constant(0));

/** The rules that match, asked one by one. */
const oneByOne = (rules: readonly RuleGroup[], person: Person, now: number): number[] =>
  rules.flatMap((rule, index) => (matchesRule(rule, person, now) ? [index] : []));

describe('the rule index, against the rules asked one by one', () => {
  it('agrees for any rules, people and moments, in any order', () => {
    let matches = 0;
    let asked = 0;
    fc.assert(
      fc.property(
        fc.array(anyGroup, { maxLength: 40 }),
        fc.array(fc.tuple(anyPerson, anyNow), { minLength: 1, maxLength: 12 }),
        (rules, occasions) => {
          const index = compileRules(rules);
          // Twice: rows made for one person serve the next.
          for (const [person, now] of [...occasions, ...occasions]) {
            const expected = oneByOne(rules, person, now);
            matches += expected.length;
            asked += rules.length;
            expect(bitsOf(index.matches(person, now))).toEqual(expected);
          }
        },
      ),
      runs(400),
    );
    // Rules that always or never match would show nothing.
    expect(matches / asked).toBeGreaterThan(0.1);
    expect(matches / asked).toBeLessThan(0.9);
  });

  it('agrees for each operator alone, and for its contrary', () => {
    for (const operator of RULE_OPERATORS) {
      fc.assert(
        fc.property(
          fc.array(valueFor(operator), { minLength: 1, maxLength: 12 }),
          fc.array(anyValue, { minLength: 1, maxLength: 30 }),
          (values, people) => {
            const rules = values.flatMap((value): RuleGroup[] => {
              const alone: RuleGroup = { combinator: 'and', rules: [{ field: 'a', operator, value }] };
              const besides: RuleGroup = {
                combinator: 'or',
                rules: [...alone.rules, { field: 'b', operator: 'notNull' }],
              };
              return [alone, { ...alone, not: true }, besides, { ...besides, not: true }];
            });
            const index = compileRules(rules);
            for (const a of people) {
              const person: Person = { personId: 'p', identifiers: [], attributes: { a } };
              expect(bitsOf(index.matches(person, NOW)), operator).toEqual(oneByOne(rules, person, NOW));
            }
          },
        ),
        runs(60),
      );
    }
  });

  it('agrees for rules of the greatest depth and size, which multiply beyond what clauses can hold', () => {
    const leaf = (number: number): Rule => ({ field: 'abc'[number % 3] ?? 'a', operator: '=', value: number });
    const pairs = (count: number, outer: 'and' | 'or'): RuleGroup => ({
      combinator: outer,
      rules: Array.from({ length: count }, (_, pair) => ({
        combinator: outer === 'and' ? 'or' : 'and',
        not: pair % 5 === 4,
        rules: [leaf(2 * pair), leaf(2 * pair + 1)],
      })),
    });
    const deep = (depth: number): RuleGroup => ({
      combinator: depth % 2 ? 'and' : 'or',
      not: depth % 3 === 0,
      rules: depth === MAX_RULE_DEPTH - 1 ? [leaf(1), leaf(2)] : [deep(depth + 1), leaf(depth)],
    });
    const size = Math.floor((MAX_RULE_NODES - 1) / 3);
    const rules = [pairs(size, 'or'), pairs(size, 'and'), { ...pairs(size, 'or'), not: true }, deep(1)];
    fc.assert(
      fc.property(fc.array(fc.nat(45), { minLength: 3, maxLength: 3 }), ([a = 0, b = 0, c = 0]) => {
        const person: Person = { personId: 'p', identifiers: [], attributes: { a, b, c: [c, String(a)] } };
        const index = compileRules(rules);
        expect(bitsOf(index.matches(person, NOW))).toEqual(oneByOne(rules, person, NOW));
      }),
      runs(500),
    );
  });
});

describe('what is kept', () => {
  const anyNumber32 = (seed: number) => Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0;

  it('stays within bounds and right when values never repeat', () => {
    const rules = Array.from(
      { length: 300 },
      (_, number): RuleGroup => ({
        combinator: 'or',
        rules: [
          { field: `n${number % 3}`, operator: '<', value: anyNumber32(number) },
          { field: 'name', operator: 'contains', value: String(number) },
          { field: 'name', operator: '<', value: `x${number}` },
          { field: 'name', operator: '>', value: number },
        ],
      }),
    );
    const index = compileRules(rules);
    const { rowBytes } = index;
    expect(rowBytes).toBeLessThanOrEqual(20 * 2 ** 20);
    for (let seed = 1; seed <= 1500; seed += 1) {
      const name = seed % 3 ? `x${anyNumber32(seed)}` : String(seed);
      const attributes = {
        n0: anyNumber32(seed * 7),
        n1: anyNumber32(seed * 11) / 3,
        name: seed % 4 ? name : [name, 'b'],
      };
      const person: Person = { personId: 'p', identifiers: [], attributes };
      expect(bitsOf(index.matches(person, NOW))).toEqual(oneByOne(rules, person, NOW));
    }
    expect(index.rowBytes).toBe(rowBytes);
  });

  it('is right when a column has room for a few rows only', () => {
    // Thousands of rules about many fields: the share of each is small, and rows are forgotten again and again.
    const rules = Array.from(
      { length: 6000 },
      (_, number): RuleGroup => ({
        combinator: number % 2 ? 'and' : 'or',
        rules: [
          { field: `f${number % 97}`, operator: '>', value: number % 50 },
          { field: `f${number % 89}`, operator: '!=', value: number % 41 },
        ],
      }),
    );
    const index = compileRules(rules);
    expect(index.rowBytes).toBeLessThanOrEqual(20 * 2 ** 20);
    for (let seed = 1; seed <= 120; seed += 1) {
      const attributes = Object.fromEntries(
        Array.from({ length: 97 }, (_, field) => [`f${field}`, anyNumber32(seed * 97 + field) % 60]),
      );
      const person: Person = { personId: 'p', identifiers: [], attributes };
      expect(bitsOf(index.matches(person, NOW))).toEqual(oneByOne(rules, person, NOW));
    }
  });

  it('answers for no rules, and for a rule that says nothing', () => {
    const person: Person = { personId: 'p', identifiers: [], attributes: {} };
    expect(bitsOf(compileRules([]).matches(person, NOW))).toEqual([]);
    const all = compileRules([
      { combinator: 'and', rules: [] },
      { combinator: 'or', not: true, rules: [] },
    ]).matches(person, NOW);
    expect([hasBit(all, 0), hasBit(all, 1), hasBit(all, 2), hasBit(all, 99)]).toEqual([true, false, false, false]);
  });
});
