import { LogicEngine } from 'json-logic-engine';
import { type ConditionProperties, Engine as RulesEngine, type TopLevelCondition } from 'json-rules-engine';
import { Query } from 'mingo';
import { bitsOf } from '#core/bits.ts';
import { durationMs } from '#core/model/common.ts';
import type { Person } from '#core/model/person.ts';
import type { Rule, RuleGroup } from '#core/model/segment.ts';
import { compileRules } from '#core/people/rule-index.ts';
import { matchesRule } from '#core/people/rules.ts';
import { type Flat, NOW } from './data.ts';

/** The numbers of the rules that match a person, ascending; each engine is given the person in the form it likes best. */
export type Answer = (person: Person, document: Flat) => number[] | Promise<number[]>;

type Node = Rule | RuleGroup;
type Scalar = string | number | boolean;

const isGroup = (node: Node): node is RuleGroup => 'combinator' in node;
const scalarOf = ({ value }: Rule): Scalar => value as Scalar;
const listOf = ({ value }: Rule): Scalar[] => value as Scalar[];
const isList = ({ field }: Rule): boolean => field === 'interests';
/** The bench knows the moment when it compiles, which spares the other engines the subtraction. */
const since = ({ value }: Rule): number => NOW - durationMs(String(value));

export function ruleIndex(rules: readonly RuleGroup[]): Answer {
  const index = compileRules(rules);
  return (person) => bitsOf(index.matches(person, NOW));
}

/** The reference, and what a segment's preview uses. */
export const interpreter = (rules: readonly RuleGroup[]): Answer => {
  return (person) => numbersOf(rules, (rule) => matchesRule(rule, person, NOW));
};

function numbersOf<T>(items: readonly T[], holds: (item: T) => boolean): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < items.length; number += 1) if (holds(items[number] as T)) numbers.push(number);
  return numbers;
}

type Test = (document: Flat) => boolean;

/** What a careful hand would write without a library: a closure per comparison and group, constants prepared. */
export function closures(rules: readonly RuleGroup[]): Answer {
  const tests = rules.map(closureOf);
  return (_, document) => numbersOf(tests, (test) => test(document));
}

function closureOf(node: Node): Test {
  if (!isGroup(node)) return closureOfAtom(node);
  const parts = node.rules.map(closureOf);
  const all: Test = (document) => {
    for (const part of parts) if (!part(document)) return false;
    return true;
  };
  const any: Test = (document) => {
    for (const part of parts) if (part(document)) return true;
    return false;
  };
  const test = node.combinator === 'and' ? all : any;
  return node.not ? (document) => !test(document) : test;
}

function closureOfAtom(rule: Rule): Test {
  const { field, operator } = rule;
  const value = rule.value as never;
  if (operator === 'inLast' || operator === 'notInLast') {
    const from = since(rule);
    return operator === 'inLast' ? (d) => (d[field] as number) > from : (d) => (d[field] as number) <= from;
  }
  if (isList(rule)) {
    if (operator === 'contains') return (d) => (d[field] as Scalar[]).includes(value);
    if (operator === 'doesNotContain') return (d) => !(d[field] as Scalar[]).includes(value);
    const wanted = new Set(listOf(rule));
    return (d) => (d[field] as Scalar[]).some((item) => wanted.has(item));
  }
  if (operator === 'in' || operator === 'notIn') {
    const wanted = new Set<unknown>(listOf(rule));
    return operator === 'in' ? (d) => wanted.has(d[field]) : (d) => !wanted.has(d[field]);
  }
  if (operator === 'between') {
    const [low = 0, high = 0] = listOf(rule) as number[];
    return (d) => (d[field] as number) >= low && (d[field] as number) <= high;
  }
  if (operator === '>=') return (d) => (d[field] as number) >= value;
  if (operator === '<') return (d) => (d[field] as number) < value;
  return operator === '=' ? (d) => d[field] === value : (d) => d[field] !== value;
}

/** json-logic-engine, compiled: each rule is a function that it generates. */
export function jsonLogicEngine(rules: readonly RuleGroup[]): Answer {
  const engine = new LogicEngine();
  const tests = rules.map((rule) => engine.build(jsonLogicOf(rule)) as Test);
  return (_, document) => numbersOf(tests, (test) => test(document));
}

function jsonLogicOf(node: Node): object {
  if (isGroup(node)) {
    const group = { [node.combinator]: node.rules.map(jsonLogicOf) };
    return node.not ? { '!': group } : group;
  }
  const actual = { var: node.field };
  const { operator } = node;
  if (operator === 'inLast') return { '>': [actual, since(node)] };
  if (operator === 'notInLast') return { '<=': [actual, since(node)] };
  if (operator === 'contains') return { in: [scalarOf(node), actual] };
  if (operator === 'doesNotContain') return { '!': { in: [scalarOf(node), actual] } };
  if (isList(node)) return { or: listOf(node).map((item) => ({ in: [item, actual] })) };
  if (operator === 'in') return { in: [actual, { preserve: listOf(node) }] };
  if (operator === 'notIn') return { '!': { in: [actual, { preserve: listOf(node) }] } };
  if (operator === 'between') return { '<=': [listOf(node)[0], actual, listOf(node)[1]] };
  if (operator === '=') return { '===': [actual, scalarOf(node)] };
  return { [operator === '!=' ? '!==' : operator]: [actual, scalarOf(node)] };
}

export function mingo(rules: readonly RuleGroup[]): Answer {
  const queries = rules.map((rule) => new Query(mongoOf(rule) as Record<string, never>));
  return (_, document) => numbersOf(queries, (query) => query.test(document));
}

function mongoOf(node: Node): object {
  if (isGroup(node)) {
    const group = { [`$${node.combinator}`]: node.rules.map(mongoOf) };
    return node.not ? { $nor: [group] } : group;
  }
  return { [node.field]: mongoTestOf(node) };
}

/** MongoDB compares a list by its items, as Beckon's `contains` does. */
function mongoTestOf(rule: Rule): object {
  switch (rule.operator) {
    case 'inLast':
      return { $gt: since(rule) };
    case 'notInLast':
      return { $lte: since(rule) };
    case 'between':
      return { $gte: listOf(rule)[0], $lte: listOf(rule)[1] };
    case 'in':
      return { $in: listOf(rule) };
    case 'notIn':
      return { $nin: listOf(rule) };
    case '>=':
      return { $gte: scalarOf(rule) };
    case '<':
      return { $lt: scalarOf(rule) };
    case '!=':
    case 'doesNotContain':
      return { $ne: scalarOf(rule) };
    default:
      return { $eq: scalarOf(rule) };
  }
}

export function jsonRulesEngine(rules: readonly RuleGroup[]): Answer {
  const engine = new RulesEngine();
  engine.addOperator('some', (actual: Scalar[], wanted: Scalar[]) => actual.some((item) => wanted.includes(item)));
  rules.forEach((rule, number) => {
    engine.addRule({ conditions: conditionOf(rule) as TopLevelCondition, event: { type: String(number) } });
  });
  return async (_, document) => {
    const { events } = await engine.run(document);
    return events.map(({ type }) => Number(type)).sort((left, right) => left - right);
  };
}

function conditionOf(node: Node): TopLevelCondition | ConditionProperties {
  if (isGroup(node)) {
    const parts = node.rules.map(conditionOf);
    const group = node.combinator === 'and' ? { all: parts } : { any: parts };
    // A rule must begin with a group, which `not` is.
    return node.not ? { not: group } : group;
  }
  const condition = (operator: string, value: unknown): ConditionProperties => ({ fact: node.field, operator, value });
  switch (node.operator) {
    case 'between':
      return {
        all: [condition('greaterThanInclusive', listOf(node)[0]), condition('lessThanInclusive', listOf(node)[1])],
      };
    case 'inLast':
      return condition('greaterThan', since(node));
    case 'notInLast':
      return condition('lessThanInclusive', since(node));
    case 'in':
      return condition(isList(node) ? 'some' : 'in', listOf(node));
    default:
      return condition(RULES_ENGINE_OPERATORS[node.operator] ?? 'unknown', node.value);
  }
}

const RULES_ENGINE_OPERATORS: { readonly [operator in Rule['operator']]?: string } = {
  '=': 'equal',
  '!=': 'notEqual',
  '>=': 'greaterThanInclusive',
  '<': 'lessThan',
  notIn: 'notIn',
  contains: 'contains',
  doesNotContain: 'doesNotContain',
};
