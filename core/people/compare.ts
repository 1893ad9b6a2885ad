import type { AttributeValue } from '../model/person.ts';
import type { Rule, RuleOperator } from '../model/segment.ts';
import { compareTimeOrPlace, isOfTimeOrPlace } from './time-and-place.ts';
import { listOf, toNumber } from './values.ts';

/** An operator and its value: what a rule says about a field. */
export type Comparison = Pick<Rule, 'operator' | 'value'>;

/** One comparison of one value at `now` (epoch milliseconds): total, whatever the value and however odd the rule's. */
export function compare(actual: AttributeValue | undefined, { operator, value }: Comparison, now: number): boolean {
  const missing = actual === undefined || actual === null;
  if (operator === 'null') return missing;
  if (missing) return false;
  if (isOfTimeOrPlace(operator)) return compareTimeOrPlace(actual, operator, value, now);
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
function compareList(actual: readonly AttributeValue[], operator: RuleOperator, value: Rule['value']): boolean {
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

function isBetween(actual: AttributeValue, value: Rule['value']): boolean | undefined {
  const [low, high] = listOf(value);
  const lower = order(actual, low);
  const upper = order(actual, high);
  if (lower === undefined || upper === undefined) return undefined;
  return lower >= 0 && upper <= 0;
}

const isBelow = (sign: number | undefined): boolean => sign !== undefined && sign < 0;
const isAbove = (sign: number | undefined): boolean => sign !== undefined && sign > 0;
