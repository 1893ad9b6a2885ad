import type { AttributeValue, Person } from '../model/person.ts';
import { MAX_RULE_DEPTH, MAX_RULE_NODES, type Rule, type RuleGroup } from '../model/segment.ts';

/**
 * Whether a person is in a segment. Every comparison with a missing or null value is false, so are `!=`, `notIn`,
 * `doesNotContain` and `notBetween`: what is not known is not "something else". Only `null` is true of it.
 */
export function matchesRule(rule: RuleGroup, person: Person): boolean {
  const test = (node: Rule | RuleGroup) =>
    'combinator' in node ? matchesRule(node, person) : compare(fieldOf(person, node.field), node);
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
    const message = valueProblem(node);
    if (message) problems.push({ pointer: `${pointer}/value`, message });
  };
  visit(rule, '/rule', 1);
  if (nodes > MAX_RULE_NODES) problems.push({ pointer: '/rule', message: `has more than ${MAX_RULE_NODES} rules` });
  return problems;
}

function valueProblem({ operator, value }: Rule): string | undefined {
  if (operator === 'null' || operator === 'notNull') return undefined;
  if (operator === 'in' || operator === 'notIn') {
    return Array.isArray(value) || typeof value === 'string' ? undefined : 'must be a list';
  }
  if (operator === 'between' || operator === 'notBetween') {
    return listOf(value).length === 2 ? undefined : 'must be a list of two values';
  }
  return value === undefined || value === null || Array.isArray(value) ? 'must be one value' : undefined;
}

/** `tier` and `attributes.tier` name the same attribute; `identifiers.email` asks whether there is one. */
function fieldOf(person: Person, field: string): AttributeValue | undefined {
  if (field.startsWith('identifiers.')) {
    const kind = field.slice('identifiers.'.length);
    return person.identifiers.some((identifier) => identifier.kind === kind) ? true : undefined;
  }
  const name = field.startsWith('attributes.') ? field.slice('attributes.'.length) : field;
  return Object.hasOwn(person.attributes, name) ? person.attributes[name] : undefined;
}

function compare(actual: AttributeValue | undefined, { operator, value }: Rule): boolean {
  const missing = actual === undefined || actual === null;
  if (operator === 'null') return missing;
  if (missing) return false;
  if (Array.isArray(actual)) return compareList(actual, operator, value);
  switch (operator) {
    case 'notNull':
      return true;
    case '=':
      return order(actual, value) === 0;
    case '!=':
      return order(actual, value) !== 0;
    case '<':
      return isBelow(order(actual, value));
    case '<=':
      return isBelow(order(actual, value)) || order(actual, value) === 0;
    case '>':
      return isAbove(order(actual, value));
    case '>=':
      return isAbove(order(actual, value)) || order(actual, value) === 0;
    case 'contains':
      return String(actual).includes(String(value));
    case 'doesNotContain':
      return !String(actual).includes(String(value));
    case 'beginsWith':
      return String(actual).startsWith(String(value));
    case 'endsWith':
      return String(actual).endsWith(String(value));
    case 'in':
      return listOf(value).some((item) => order(actual, item) === 0);
    case 'notIn':
      return !listOf(value).some((item) => order(actual, item) === 0);
    case 'between':
      return isBetween(actual, value) === true;
    case 'notBetween':
      return isBetween(actual, value) === false;
  }
}

/** A list attribute contains, or has some or none of, the values; other comparisons with a list are false. */
function compareList(actual: readonly AttributeValue[], operator: Rule['operator'], value: Rule['value']): boolean {
  const has = (wanted: unknown) => actual.some((item) => order(item, wanted) === 0);
  if (operator === 'notNull') return true;
  if (operator === 'contains' || operator === '=') return has(value);
  if (operator === 'doesNotContain' || operator === '!=') return !has(value);
  if (operator === 'in') return listOf(value).some(has);
  if (operator === 'notIn') return !listOf(value).some(has);
  return false;
}

/** Below, equal or above zero; undefined when the two cannot be compared. Numeric text counts as its number. */
function order(actual: unknown, wanted: unknown): number | undefined {
  if (typeof actual === 'number' || typeof wanted === 'number') {
    const left = toNumber(actual);
    const right = toNumber(wanted);
    return left === undefined || right === undefined ? undefined : Math.sign(left - right);
  }
  if (typeof actual === 'boolean' || typeof wanted === 'boolean') {
    return String(actual) === String(wanted) ? 0 : undefined;
  }
  if (typeof actual !== 'string' || typeof wanted !== 'string') return undefined;
  return actual === wanted ? 0 : actual < wanted ? -1 : 1;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function isBetween(actual: AttributeValue, value: Rule['value']): boolean | undefined {
  const [low, high] = listOf(value);
  const lower = order(actual, low);
  const upper = order(actual, high);
  if (lower === undefined || upper === undefined) return undefined;
  return lower >= 0 && upper <= 0;
}

/** Lists arrive as arrays, or as the comma-separated text that the query builder's plain editor writes. */
function listOf(value: Rule['value']): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [];
}

const isBelow = (sign: number | undefined): boolean => sign !== undefined && sign < 0;
const isAbove = (sign: number | undefined): boolean => sign !== undefined && sign > 0;
