import type { Locale } from '../model/campaign.ts';
import type { AttributeValue, Person } from '../model/person.ts';
import type { Rule, RuleGroup, RuleOperator } from '../model/segment.ts';
import { compare } from './compare.ts';
import { attributeOf } from './values.ts';
import { saidOf, wordsOfComparison, wordsOfGroup } from './why-words.ts';

/** A comparison and what it found: null where nothing is known. */
export type WhyRule = {
  field: string;
  operator: RuleOperator;
  value: NonNullable<Rule['value']> | null;
  known: boolean;
  found: AttributeValue;
  matched: boolean;
  words: string;
};
/** A group and what each of its rules came to. */
export type WhyGroup = {
  combinator: 'and' | 'or';
  not: boolean;
  matched: boolean;
  words: string;
  rules: (WhyRule | WhyGroup)[];
};

/**
 * A rule with what each part of it finds of a person at `now` (epoch milliseconds), in the words of a marketer. Every
 * part is asked, also where the answer is known before; `matched` of the whole is what `matchesRule` says.
 */
export function whyMatches(rule: RuleGroup, person: Person, now: number, locale: Locale): WhyGroup {
  const rules = rule.rules.map((node) =>
    'combinator' in node ? whyMatches(node, person, now, locale) : whyCompares(node, person, now, locale),
  );
  const { combinator, not = false } = rule;
  const isTrue = ({ matched }: WhyRule | WhyGroup) => matched;
  const all = rules.length === 0 || (combinator === 'and' ? rules.every(isTrue) : rules.some(isTrue));
  const matched = not ? !all : all;
  return {
    combinator,
    not,
    matched,
    words: wordsOfGroup({ combinator, not, matched, count: rules.length }, locale),
    rules,
  };
}

function whyCompares(rule: Rule, person: Person, now: number, locale: Locale): WhyRule {
  const { field, operator, value = null } = rule;
  const actual = attributeOf(person, field, now);
  const known = actual !== undefined && actual !== null;
  const found = known ? actual : null;
  const matched = compare(actual, rule, now);
  const words = wordsOfComparison(
    { field, operator, value, said: known ? saidOf(found, locale) : undefined, matched },
    locale,
  );
  return { field, operator, value, known, found, matched, words };
}
