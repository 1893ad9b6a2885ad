import { parseDurationMs } from '../../model/common.ts';
import type { AttributeValue } from '../../model/person.ts';
import type { RuleOperator } from '../../model/segment.ts';
import type { Comparison } from '../compare.ts';
import { latestInstant, parseInstantMs } from '../time-and-place.ts';
import { listOf, toNumber } from '../values.ts';

/** A value of no class: its comparisons are made each time. */
export const NO_CLASS = -1;
/** No class is left for a value that has not been seen: forget those that there are. */
export const NO_CLASS_LEFT = -2;

/**
 * How the values of a field fall into classes: all values of one class answer all comparisons of a column alike, so the
 * comparisons need to be made for one of them only. Lists are not classed here, their items are.
 */
export type Classes = {
  readonly count: number;
  /** `now` in epoch milliseconds. */
  classOf(value: AttributeValue | undefined, now: number): number;
  forget(): void;
};

const FACETS = ['ordered', 'text', 'instant', 'recency', 'place'] as const;
/** Comparisons of one facet look at the same side of a value, so that few classes tell them apart. */
export type Facet = (typeof FACETS)[number];

const FACET_OF: { readonly [operator in RuleOperator]?: Facet } = {
  contains: 'text',
  doesNotContain: 'text',
  beginsWith: 'text',
  endsWith: 'text',
  before: 'instant',
  after: 'instant',
  inLast: 'recency',
  notInLast: 'recency',
  within: 'place',
  notWithin: 'place',
};
export const facetOf = (operator: RuleOperator): Facet => FACET_OF[operator] ?? 'ordered';

export function classesOf(facet: Facet, atoms: readonly Comparison[]): Classes {
  if (facet === 'ordered') return orderedClasses(atoms);
  if (facet === 'text') return textClasses();
  if (facet === 'instant') return instantClasses(atoms);
  if (facet === 'recency') return recencyClasses(atoms);
  // Nobody stands exactly where somebody else did: distances are measured each time.
  return { count: 0, classOf: () => NO_CLASS, forget: () => undefined };
}

const MISSING = 0;
const TRUE = 1;
const FALSE = 2;
/** NaN and the infinities compare with nothing. */
const NO_NUMBER = 3;
const FIRST_NUMBER = 4;

/** Text that no rule names falls between those that rules order by, times between their numbers: at most this many. */
const MAX_TEXT_CLASSES = 65_536;

const LIST_OPERATORS: readonly RuleOperator[] = ['in', 'notIn', 'between', 'notBetween'];
const ORDER_OPERATORS: readonly RuleOperator[] = ['<', '<=', '>', '>=', 'between', 'notBetween'];

/** Numbers by the thresholds between which they lie; text that is named by itself, and other text by its neighbours. */
function orderedClasses(atoms: readonly Comparison[]): Classes {
  const constants = atoms.flatMap(({ operator, value }) => {
    const items: readonly unknown[] = LIST_OPERATORS.includes(operator) ? listOf(value) : [value];
    return items.map((constant) => ({ constant, ordered: ORDER_OPERATORS.includes(operator) }));
  });
  const numbers = ascending(constants.map(({ constant }) => toNumber(constant)));
  const spellsNumbers = constants.some(({ constant }) => typeof constant === 'number');
  const texts = constants.flatMap(({ constant, ordered }) =>
    typeof constant === 'string' ? [{ constant, ordered }] : [],
  );
  const neighbours = [...new Set(texts.flatMap(({ constant, ordered }) => (ordered ? [constant] : [])))].sort();
  const firstText = FIRST_NUMBER + 2 * numbers.length + 1;
  // Flags compare with text that spells them, so these two are always told apart.
  const named = new Map(
    [...new Set(['true', 'false', ...texts.map(({ constant }) => constant)])].map((text, index) => [
      text,
      firstText + index,
    ]),
  );
  const firstOther = firstText + named.size;
  // Where a text stands among the numbers: not at all, or in one of their gaps or on one of them.
  const spellings = spellsNumbers ? 2 * numbers.length + 2 : 1;
  const others = (neighbours.length + 1) * spellings;

  function classOfText(text: string): number {
    const name = named.get(text);
    if (name !== undefined) return name;
    if (others > MAX_TEXT_CLASSES) return NO_CLASS;
    const number = spellsNumbers ? toNumber(text) : undefined;
    const spelling = number === undefined ? 0 : 1 + positionAmong(numbers, number);
    const gap = neighbours.length === 0 ? 0 : gapAmong(neighbours, text);
    return firstOther + gap * spellings + spelling;
  }

  return {
    count: firstOther + (others > MAX_TEXT_CLASSES ? 0 : others),
    classOf: (value) => {
      if (typeof value === 'number') {
        return Number.isFinite(value) ? FIRST_NUMBER + positionAmong(numbers, value) : NO_NUMBER;
      }
      if (typeof value === 'string') return classOfText(value);
      if (typeof value === 'boolean') return value ? TRUE : FALSE;
      return value === undefined || value === null ? MISSING : NO_CLASS;
    },
    forget: () => undefined,
  };
}

/** What rules look for inside text has no order: each value seen is a class of its own, as long as there is room. */
const MAX_TEXTS = 256;
/** Longer text is hardly ever seen twice, and is not kept. */
const MAX_TEXT_LENGTH = 64;

function textClasses(): Classes {
  const seen = new Map<string | number | boolean, number>();
  return {
    count: 1 + MAX_TEXTS,
    classOf: (value) => {
      if (value === undefined || value === null) return MISSING;
      if (typeof value === 'object' || (typeof value === 'string' && value.length > MAX_TEXT_LENGTH)) return NO_CLASS;
      const known = seen.get(value);
      if (known !== undefined) return known;
      if (seen.size === MAX_TEXTS) return NO_CLASS_LEFT;
      seen.set(value, seen.size + 1);
      return seen.size;
    },
    forget: () => seen.clear(),
  };
}

function instantClasses(atoms: readonly Comparison[]): Classes {
  const instants = ascending(atoms.map(({ value }) => parseInstantMs(value)));
  return {
    count: 2 * instants.length + 2,
    classOf: (value) => {
      const instant = parseInstantMs(value);
      return instant === undefined ? MISSING : 1 + positionAmong(instants, instant);
    },
    forget: () => undefined,
  };
}

function recencyClasses(atoms: readonly Comparison[]): Classes {
  const durations = ascending(
    atoms.map(({ value }) => (typeof value === 'string' ? parseDurationMs(value) : undefined)),
  );
  return {
    count: durations.length + 2,
    classOf: (value, now) => {
      const latest = latestInstant(value, now);
      if (latest === undefined) return MISSING;
      // How many of the durations it is too old for.
      return 1 + countWhile(durations, (duration) => latest <= now - duration);
    },
    forget: () => undefined,
  };
}

function ascending(numbers: readonly (number | undefined)[]): Float64Array {
  return Float64Array.from(new Set(numbers.filter((number) => number !== undefined))).sort();
}

/** Even numbers are the gaps about the thresholds, odd ones the thresholds themselves. */
function positionAmong(thresholds: Float64Array, number: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((thresholds[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return thresholds[low] === number ? 2 * low + 1 : 2 * low;
}

/** Never called with a text that is one of the neighbours. */
function gapAmong(neighbours: readonly string[], text: string): number {
  return countWhile(neighbours, (neighbour) => neighbour < text);
}

/** How many of the first items a condition holds for that fails for all later ones. */
function countWhile<T>(items: ArrayLike<T>, holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
