import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Person } from '#core/model/person.ts';
import { RULE_OPERATORS, type Rule, type RuleGroup } from '#core/model/segment.ts';
import { matchesRule } from '#core/people/rules.ts';
import { type WhyGroup, type WhyRule, whyMatches } from '#core/people/why.ts';

const cases: { now: string; person: Person; comparisons: [string, Rule['operator'], Rule['value'], boolean][] } =
  JSON.parse(readFileSync(new URL('../cases/rules.json', import.meta.url), 'utf8'));
const NOW = Date.parse(cases.now);

const mei: Person = {
  personId: 'mei',
  identifiers: [{ kind: 'email', value: 'mei@example.com' }],
  attributes: { tier: 'gold', orders: 3, lastOrder: '2026-11-01T08:00:00Z', likes: ['milk', 'tea'], vip: true },
};

const why = (rule: Partial<Rule>, locale: 'en' | 'zh-CN' = 'en') => {
  const node = { field: 'tier', operator: '=', value: 'gold', ...rule } as Rule;
  return whyMatches({ combinator: 'and', rules: [node] }, mei, NOW, locale).rules[0] as WhyRule;
};

describe('why somebody is in a segment', () => {
  it.each<[Partial<Rule>, string, string]>([
    [{}, 'tier is gold: yes', 'tier为gold：是'],
    [{ value: 'silver' }, 'tier is gold, needs silver: no', 'tier为gold，需为silver：否'],
    [{ field: 'orders', operator: '>=', value: 5 }, 'orders is 3, needs at least 5: no', 'orders为3，需不小于5：否'],
    [{ field: 'age', operator: '!=', value: 5 }, 'age is not known, needs anything but 5: no', 'age未知，不能为5：否'],
    [{ field: 'age', operator: 'null' }, 'age is not known, needs to be unknown: yes', 'age未知，需为未知：是'],
    [
      { field: 'lastOrder', operator: 'inLast', value: 'P2W' },
      'lastOrder is 2026-11-01T08:00:00Z, needs to be in the last 14 days: no',
      'lastOrder为2026-11-01T08:00:00Z，需在最近14天内：否',
    ],
    [
      { field: 'likes', operator: 'in', value: ['tea', 'rice'] },
      'likes is milk, tea, needs one of tea, rice: yes',
      'likes为milk、tea，需为其中之一：tea、rice：是',
    ],
    [
      { field: 'orders', operator: 'between', value: [2, 4] },
      'orders is 3, needs 2 to 4: yes',
      'orders为3，需在2至4之间：是',
    ],
    [
      { field: 'identifiers.email', operator: 'notNull' },
      'identifiers.email is yes, needs to be known: yes',
      'identifiers.email为是，需为已知：是',
    ],
  ])('%j', (rule, english, chinese) => {
    expect(why(rule).words).toBe(english);
    expect(why(rule, 'zh-CN').words).toBe(chinese);
  });

  it('has what was found, and null for what nobody knows', () => {
    expect(why({})).toMatchObject({ known: true, found: 'gold', matched: true });
    expect(why({ field: 'age', operator: '>', value: 3 })).toMatchObject({ known: false, found: null, matched: false });
  });

  it('cuts what is long', () => {
    const long = why({ operator: 'in', value: Array.from({ length: 1000 }, (_, index) => `value-${index}`) });
    expect(long.words).toContain('value-9 and 990 more');
    expect(long.words.length).toBeLessThan(200);
  });

  it('asks every rule, also where the first has decided', () => {
    const rules: Rule[] = [
      { field: 'tier', operator: '=', value: 'silver' },
      { field: 'orders', operator: '=', value: 3 },
    ];
    const found = whyMatches({ combinator: 'and', rules }, mei, NOW, 'en');
    expect(found.words).toBe('all of these hold: no');
    expect(found.rules.map(({ matched }) => matched)).toEqual([false, true]);
    const none = whyMatches({ combinator: 'or', not: true, rules }, mei, NOW, 'en');
    expect(none).toMatchObject({ matched: false, words: 'none of these holds: no' });
    expect(whyMatches({ combinator: 'and', rules: [] }, mei, NOW, 'zh-CN').words).toBe('无条件，包含所有人：是');
  });

  it('comes to what matchesRule says, at every group, and has words for everything', () => {
    const comparison = fc.constantFrom(...cases.comparisons).chain(([field, operator, value]) =>
      fc.record({
        field: fc.constant(field),
        operator: fc.constantFrom(operator, ...RULE_OPERATORS),
        value: fc.constant(value),
      }),
    ) as fc.Arbitrary<Rule>;
    const { rule } = fc.letrec<{ rule: RuleGroup; node: Rule | RuleGroup }>((tie) => ({
      rule: fc.record(
        {
          combinator: fc.constantFrom('and', 'or'),
          not: fc.boolean(),
          rules: fc.array(tie('node'), { maxLength: 4 }),
        },
        { requiredKeys: ['combinator', 'rules'] },
      ) as fc.Arbitrary<RuleGroup>,
      node: fc.oneof({ maxDepth: 4 }, comparison, tie('rule')),
    }));
    fc.assert(
      fc.property(rule, fc.constantFrom('en' as const, 'zh-CN' as const), (tree, locale) => {
        check(tree, whyMatches(tree, cases.person, NOW, locale));
      }),
      { numRuns: 500 },
    );

    function check(tree: RuleGroup, told: WhyGroup): void {
      expect(told.matched).toBe(matchesRule(tree, cases.person, NOW));
      expect(told.words).not.toMatch(/undefined|null|NaN/);
      tree.rules.forEach((node, index) => {
        const child = told.rules[index] as WhyGroup | WhyRule;
        if ('combinator' in node) {
          check(node, child as WhyGroup);
          return;
        }
        expect(child.matched).toBe(matchesRule({ combinator: 'and', rules: [node] }, cases.person, NOW));
        expect(child.words).not.toMatch(/\bundefined\b|NaN|\[object/);
      });
    }
  });
});
