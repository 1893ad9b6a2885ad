import { lowestBit, setBit, WORD_BITS, wordsFor } from '../bits.ts';
import type { Person } from '../model/person.ts';
import type { RuleGroup } from '../model/segment.ts';
import { type Column, SCRATCH_ROWS } from './rule-index/column.ts';
import { layOut, type Plan, type Source } from './rule-index/layout.ts';
import { matchesRule } from './rules.ts';
import { attributeOf } from './values.ts';

export type RuleIndex = {
  /**
   * Which rules match a person at `now` (epoch milliseconds): bit `i` stands for rule `i`, see `hasBit`. The words are
   * overwritten by the next call.
   */
  matches(person: Person, now: number): Uint32Array;
  /** What the rows take: allocated once, never more. */
  readonly rowBytes: number;
};

/** Rows are kept up to this size, and forgotten when a column's share is full; each column has room for a few at least. */
const MAX_ROW_BYTES = 16 * 2 ** 20;
const MIN_ROWS = 8;

/** Rows are joined so many at a time: each word of the result is then loaded and stored a quarter as often. */
const STRIDE = 4;

/**
 * Compiles rules so that a person is tested against all of them at once, exactly as `matchesRule` would one by one.
 *
 * Each rule becomes clauses of which all must hold (`clauses.ts`). Every comparison that any rule makes of a field is
 * made once for each class of values (`classes.ts`) and kept as a row of bits (`column.ts`). A person's values pick one
 * row per column, and the OR of these rows says, 32 rules at a time, which rules some value rules out and which clauses
 * some value satisfies. (Shared predicates: Fabret et al. 2001, "Filtering algorithms and implementation for very fast
 * publish/subscribe systems"; clauses as bits: Whang et al. 2009, "Indexing Boolean expressions".)
 */
export function compileRules(rules: readonly RuleGroup[]): RuleIndex {
  const { plan, sources } = layOut(rules);
  const columns = sources.flatMap((source) => source.columns.map(({ column }) => column));
  const rows = settle(columns, plan.rowWords);
  // The first row of all stays empty: rows are picked by the stride, and it fills the last one.
  const picked = new Int32Array(STRIDE * Math.ceil(columns.length / STRIDE));
  const joined = new Int32Array(plan.rowWords);
  const matched = new Uint32Array(wordsFor(rules.length));

  return {
    rowBytes: rows.byteLength,
    matches: (person, now) => {
      pickRows(sources, picked, person, now);
      joinRows(rows, picked, joined);
      conclude(plan, joined, matched, person, now);
      return matched;
    },
  };
}

/** The first word of the row that the person's values pick, for each column. */
function pickRows(sources: readonly Source[], picked: Int32Array, person: Person, now: number): void {
  const { attributes } = person;
  for (const { field, isPlain, columns } of sources) {
    const value = isPlain ? attributes[field] : attributeOf(person, field, now);
    for (const { column, slot } of columns) picked[slot] = column.rowOf(value, now);
  }
}

/** The OR of the picked rows. */
function joinRows(rows: Int32Array, picked: Int32Array, joined: Int32Array): void {
  joined.fill(0);
  for (let slot = 0; slot < picked.length; slot += STRIDE) {
    const a = picked[slot] as number;
    const b = picked[slot + 1] as number;
    const c = picked[slot + 2] as number;
    const d = picked[slot + 3] as number;
    for (let word = 0; word < joined.length; word += 1) {
      joined[word] =
        (joined[word] as number) |
        (rows[a + word] as number) |
        (rows[b + word] as number) |
        (rows[c + word] as number) |
        (rows[d + word] as number);
    }
  }
}

/** The rules that nothing rules out and of which every clause is satisfied, in the order in which they were given. */
function conclude(plan: Plan, joined: Int32Array, matched: Uint32Array, person: Person, now: number): void {
  const { possible, planes, order, residual } = plan;
  const unitWords = matched.length;
  for (let word = 0; word < unitWords; word += 1) joined[word] = (possible[word] as number) & ~(joined[word] as number);
  for (const { firstWord, words, lastMask } of planes) {
    const last = words - 1;
    for (let word = 0; word < last; word += 1)
      joined[word] = (joined[word] as number) & (joined[firstWord + word] as number);
    joined[last] = (joined[last] as number) & ((joined[firstWord + last] as number) | ~lastMask);
  }
  matched.fill(0);
  for (let word = 0; word < unitWords; word += 1) {
    for (let left = joined[word] as number; left !== 0; left &= left - 1) {
      const rank = word * WORD_BITS + lowestBit(left);
      const asked = residual[rank];
      // A rule of too many clauses is asked itself, when those that were kept of it hold.
      if (!asked || matchesRule(asked, person, now)) setBit(matched, order[rank] as number);
    }
  }
}

/** Room for an empty row and the rows of all columns: as many as they have classes, or a fair share of what there may be. */
function settle(columns: readonly Column[], rowWords: number): Int32Array<ArrayBuffer> {
  const wanting = columns.toSorted((left, right) => left.classCount - right.classCount);
  let left = Math.floor(MAX_ROW_BYTES / Int32Array.BYTES_PER_ELEMENT / Math.max(1, rowWords));
  const capacities = wanting.map(({ classCount }, index) => {
    const share = Math.floor(left / (wanting.length - index));
    const capacity = Math.max(MIN_ROWS, Math.min(classCount + SCRATCH_ROWS, share));
    left -= Math.min(left, capacity);
    return capacity;
  });
  const rows = new Int32Array((1 + capacities.reduce((sum, capacity) => sum + capacity, 0)) * rowWords);
  let first = rowWords;
  wanting.forEach((column, index) => {
    const capacity = capacities[index] ?? 0;
    column.settle(rows, first, capacity);
    first += capacity * rowWords;
  });
  return rows;
}
