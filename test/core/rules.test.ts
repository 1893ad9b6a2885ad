import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Person } from '#core/model/person.ts';
import {
  MAX_RULE_DEPTH,
  MAX_RULE_NODES,
  RULE_OPERATORS,
  type Rule,
  type RuleGroup,
  RuleGroupSchema,
} from '#core/model/segment.ts';
import { matchesRule, ruleProblems } from '#core/people/rules.ts';

type Comparison = [field: string, operator: Rule['operator'], value: Rule['value'], matches: boolean];
type Cases = {
  now: string;
  person: Person;
  comparisons: Comparison[];
  groups: { name: string; rule: RuleGroup; matches: boolean }[];
  problems: { name: string; rule: Rule; problem?: string }[];
};
const cases: Cases = JSON.parse(readFileSync(new URL('../cases/rules.json', import.meta.url), 'utf8'));
const { person } = cases;
const NOW = Date.parse(cases.now);
const KINDS_OF_VALUE = ['text', 'number', 'flag', 'list', 'missing', 'nothing'];

describe('one comparison', () => {
  it.each(cases.comparisons)('%s %s %j: %s', (field, operator, value, matches) => {
    const rule = z.parse(RuleGroupSchema, { combinator: 'and', rules: [{ field, operator, value }] });
    expect(matchesRule(rule, person, NOW)).toBe(matches);
  });

  it.each(RULE_OPERATORS)('%s is held against every kind of value, and can say both', (operator) => {
    const rows = cases.comparisons.filter((row) => row[1] === operator);
    for (const kind of KINDS_OF_VALUE) expect(rows.map(([field]) => field)).toContain(kind);
    expect(new Set(rows.map((row) => row[3]))).toEqual(new Set([true, false]));
  });
});

describe('a group', () => {
  it.each(cases.groups)('$name', ({ rule, matches }) => {
    expect(matchesRule(z.parse(RuleGroupSchema, rule), person, NOW)).toBe(matches);
  });
});

describe('ruleProblems', () => {
  it.each(cases.problems)('$name', ({ rule, problem }) => {
    expect(ruleProblems({ combinator: 'and', rules: [rule] })).toEqual(
      problem === undefined ? [] : [{ pointer: '/rule/rules/0/value', message: problem }],
    );
  });

  const leaf: Rule = { field: 'n', operator: '=', value: 1 };
  const nested = (depth: number): RuleGroup => ({
    combinator: 'and',
    rules: [depth === 2 ? leaf : nested(depth - 1)],
  });
  const wide = (rules: number): RuleGroup => ({ combinator: 'or', rules: Array.from({ length: rules }, () => leaf) });

  it('takes a tree of the greatest depth, and none deeper', () => {
    expect(ruleProblems(nested(MAX_RULE_DEPTH))).toEqual([]);
    const [problem, ...others] = ruleProblems(nested(MAX_RULE_DEPTH + 1));
    expect(problem).toEqual({
      pointer: `/rule${'/rules/0'.repeat(MAX_RULE_DEPTH)}`,
      message: `is nested deeper than ${MAX_RULE_DEPTH} levels`,
    });
    expect(others).toEqual([]);
  });

  it('counts groups and rules, to the greatest number and no further', () => {
    expect(ruleProblems(wide(MAX_RULE_NODES - 1))).toEqual([]);
    expect(ruleProblems(wide(MAX_RULE_NODES))).toEqual([
      { pointer: '/rule', message: `has more than ${MAX_RULE_NODES} rules` },
    ]);
  });
});

describe('any rule', () => {
  const scalar = fc.oneof(fc.string(), fc.double(), fc.boolean());
  const anyRule: fc.Arbitrary<Rule> = fc.record({
    field: fc.constantFrom('text', 'number', 'flag', 'list', 'missing', 'nothing', 'digits'),
    operator: fc.constantFrom(...RULE_OPERATORS),
    value: fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.constant(null)),
  });

  it('is false of what is not known, whatever the operator and value', () => {
    fc.assert(
      fc.property(anyRule, fc.constantFrom('missing', 'nothing'), (rule, field) => {
        fc.pre(rule.operator !== 'null');
        expect(matchesRule({ combinator: 'and', rules: [{ ...rule, field }] }, person, NOW)).toBe(false);
      }),
    );
  });

  it('is turned round by `not`, and by de Morgan', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 1, maxLength: 5 }), (rules) => {
        const all = matchesRule({ combinator: 'and', rules }, person, NOW);
        expect(matchesRule({ combinator: 'and', not: true, rules }, person, NOW)).toBe(!all);
        const turned = rules.map((rule): RuleGroup => ({ combinator: 'and', not: true, rules: [rule] }));
        expect(matchesRule({ combinator: 'or', not: true, rules: turned }, person, NOW)).toBe(all);
      }),
    );
  });
});
