import { parseDurationMs } from '../model/common.ts';
import type { Person } from '../model/person.ts';
import { MAX_RULE_DEPTH, MAX_RULE_NODES, type Rule, type RuleGroup, type RuleOperator } from '../model/segment.ts';
import { compare } from './compare.ts';
import { isDerivedField, isKnownField } from './fields.ts';
import { circleOf, MAX_RADIUS_M, parseInstantMs } from './time-and-place.ts';
import { attributeOf, listOf } from './values.ts';

/**
 * Whether a person is in a segment at `now`, in epoch milliseconds. Every comparison with a missing or null value is false, so are `!=`, `notIn`,
 * `doesNotContain` and `notBetween`: what is not known is not "something else". Only `null` is true of it.
 */
export function matchesRule(rule: RuleGroup, person: Person, now: number): boolean {
  const test = (node: Rule | RuleGroup) =>
    'combinator' in node ? matchesRule(node, person, now) : compare(attributeOf(person, node.field, now), node, now);
  // An empty group says nothing about anybody: everyone matches, as in the query builder's own preview.
  const matched =
    rule.rules.length === 0 || (rule.combinator === 'and' ? rule.rules.every(test) : rule.rules.some(test));
  return rule.not ? !matched : matched;
}

/** Problems that the schema cannot see: a tree too deep or too large, an operator without its kind of value. */
export function ruleProblems(rule: RuleGroup): { pointer: string; message: string }[] {
  const problems: { pointer: string; message: string }[] = [];
  let nodes = 0;
  const visit = (node: Rule | RuleGroup, pointer: string, depth: number): void => {
    nodes += 1;
    if (depth > MAX_RULE_DEPTH) {
      problems.push({ pointer, message: `is nested deeper than ${MAX_RULE_DEPTH} levels` });
      return;
    }
    if ('combinator' in node) {
      node.rules.forEach((child, index) => {
        visit(child, `${pointer}/rules/${index}`, depth + 1);
      });
      return;
    }
    if (isDerivedField(node.field) && !isKnownField(node.field)) {
      problems.push({ pointer: `${pointer}/field`, message: `is not a field of ${node.field.split('.')[0]}` });
    }
    const message = valueProblem(node);
    if (message) problems.push({ pointer: `${pointer}/value`, message });
  };
  visit(rule, '/rule', 1);
  if (nodes > MAX_RULE_NODES) problems.push({ pointer: '/rule', message: `has more than ${MAX_RULE_NODES} rules` });
  return problems;
}

type ValueRule = { takes: (value: Rule['value']) => boolean; message: string };

const ANY: ValueRule = { takes: () => true, message: '' };
const LIST: ValueRule = {
  takes: (value) => Array.isArray(value) || typeof value === 'string',
  message: 'must be a list',
};
const PAIR: ValueRule = { takes: (value) => listOf(value).length === 2, message: 'must be a list of two values' };
const ONE: ValueRule = {
  takes: (value) => value !== undefined && value !== null && !Array.isArray(value),
  message: 'must be one value',
};
const DURATION: ValueRule = {
  takes: (value) => typeof value === 'string' && parseDurationMs(value) !== undefined,
  message: 'must be an ISO-8601 duration between one second and 366 days, such as P30D',
};
const INSTANT: ValueRule = {
  takes: (value) => parseInstantMs(value) !== undefined,
  message: 'must be an ISO-8601 time with a zone, such as 2026-11-01T08:30:00Z',
};
const CIRCLE: ValueRule = {
  takes: (value) => circleOf(value) !== undefined,
  message: `must be longitude, latitude and a radius of at most ${MAX_RADIUS_M} m, such as [121.47, 31.23, 500]`,
};

/** What each operator compares with; one that is not named here takes one value of any kind. */
const VALUE_RULES: { readonly [operator in RuleOperator]?: ValueRule } = {
  null: ANY,
  notNull: ANY,
  in: LIST,
  notIn: LIST,
  between: PAIR,
  notBetween: PAIR,
  inLast: DURATION,
  notInLast: DURATION,
  before: INSTANT,
  after: INSTANT,
  within: CIRCLE,
  notWithin: CIRCLE,
};

function valueProblem({ operator, value }: Rule): string | undefined {
  const { takes, message } = VALUE_RULES[operator] ?? ONE;
  return takes(value) ? undefined : message;
}
