import { lowestBit, WORD_BITS, wordsFor } from '../bits.ts';
import type { Person } from '../model/person.ts';
import type { RuleGroup } from '../model/segment.ts';
import type { Column } from './rule-index/column.ts';
import { type LaidColumn, layOut, type Plan, type Source } from './rule-index/layout.ts';
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

/**
 * Compiles rules so that a person is tested against all of them at once, exactly as `matchesRule` would one by one.
 *
 * Each rule becomes clauses of which all must hold (`clauses.ts`). A clause about one field only is a bit that the
 * field's value clears; the others lie in planes, the i-th clause of rule r in plane i at bit r. A person's values pick
 * one row of bits per column; then rule r matches where `AND over planes (OR over columns row[plane])` has bit r, 32
 * rules at a time. (Bit-sliced evaluation of conjunctive normal forms, after Fabret et al. 2001, "Filtering algorithms
 * and implementation for very fast publish/subscribe systems", and Whang et al. 2009, "Indexing Boolean expressions".)
 */
export function compileRules(rules: readonly RuleGroup[]): RuleIndex {
  const { plan, sources } = layOut(rules);
  const columns = sources.flatMap((source) => source.columns);
  const rows = settle(
    columns.map(({ column }) => column),
    plan.layout.rowWords,
  );
  const slots = new Int32Array(columns.length);
  const unitSlots = slotsOf(columns, ({ hasUnits }) => (hasUnits ? 1 : 0));
  const planeSlots = slotsOf(columns, ({ planeLiteralCount }) => planeLiteralCount);
  const alive = new Int32Array(plan.layout.unitWords);
  const matched = new Uint32Array(wordsFor(rules.length));

  return {
    rowBytes: rows.byteLength,
    matches: (person, now) => {
      pickRows(sources, slots, person, now);
      holdUnits(plan, rows, slots, unitSlots, alive);
      holdPlanes(plan, rows, slots, planeSlots, alive);
      emit(plan, alive, matched, person, now);
      return matched;
    },
  };
}

/** The first word of the row that the person's values pick, for each column. */
function pickRows(sources: readonly Source[], slots: Int32Array, person: Person, now: number): void {
  const { attributes } = person;
  for (const { field, isPlain, columns } of sources) {
    const value = isPlain ? attributes[field] : attributeOf(person, field);
    for (const { column, slot } of columns) slots[slot] = column.rowOf(value, now);
  }
}

/** Leaves the rules alive whose clauses about one column all hold. */
function holdUnits(
  { possible }: Plan,
  rows: Int32Array,
  slots: Int32Array,
  columns: Int32Array,
  alive: Int32Array,
): void {
  for (let word = 0; word < alive.length; word += 1) {
    let left = possible[word] ?? 0;
    for (let index = 0; index < columns.length && left !== 0; index += 1) {
      left &= rows[(slots[columns[index] as number] as number) + word] as number;
    }
    alive[word] = left;
  }
}

/** Leaves the rules alive of which, in every plane, some column satisfies the clause. */
function holdPlanes(
  { planes }: Plan,
  rows: Int32Array,
  slots: Int32Array,
  columns: Int32Array,
  alive: Int32Array,
): void {
  for (const { firstWord, words, lastMask } of planes) {
    for (let word = 0; word < words; word += 1) {
      const left = alive[word] as number;
      let open = word === words - 1 ? left & lastMask : left;
      // A column takes away those that it satisfies; when none is open the others need not be asked.
      for (let index = 0; index < columns.length && open !== 0; index += 1) {
        open &= ~(rows[(slots[columns[index] as number] as number) + firstWord + word] as number);
      }
      alive[word] = left & ~open;
    }
  }
}

/** From the order of the bits to the order in which the rules were given; rules that are inexact are asked themselves. */
function emit({ order, residual }: Plan, alive: Int32Array, matched: Uint32Array, person: Person, now: number): void {
  matched.fill(0);
  for (let word = 0; word < alive.length; word += 1) {
    for (let left = alive[word] ?? 0; left !== 0; left &= left - 1) {
      const rank = word * WORD_BITS + lowestBit(left);
      const rule = order[rank] ?? 0;
      const asked = residual[rank];
      if (asked && !matchesRule(asked, person, now)) continue;
      matched[rule >>> 5] = (matched[rule >>> 5] ?? 0) | (1 << (rule & 31));
    }
  }
}

/** The columns for which something counts, those for which it counts most first. */
function slotsOf(columns: readonly LaidColumn[], countOf: (column: Column) => number): Int32Array {
  const counted = columns.map(({ column, slot }) => ({ slot, count: countOf(column) }));
  return Int32Array.from(
    counted.filter(({ count }) => count > 0).sort((left, right) => right.count - left.count),
    ({ slot }) => slot,
  );
}

/** Room for the rows of all columns: as many as they have classes, or a fair share of what there may be. */
function settle(columns: readonly Column[], rowWords: number): Int32Array<ArrayBuffer> {
  const wanting = columns.toSorted((left, right) => left.classCount - right.classCount);
  let left = Math.floor(MAX_ROW_BYTES / Int32Array.BYTES_PER_ELEMENT / Math.max(1, rowWords));
  const capacities = wanting.map((column, index) => {
    const share = Math.floor(left / (wanting.length - index));
    // One more row, for values that are of no class.
    const capacity = Math.max(MIN_ROWS, Math.min(column.classCount + 1, share));
    left -= Math.min(left, capacity);
    return capacity;
  });
  const rows = new Int32Array(capacities.reduce((sum, capacity) => sum + capacity, 0) * rowWords);
  let first = 0;
  wanting.forEach((column, index) => {
    const capacity = capacities[index] ?? 0;
    column.settle(rows, first, capacity);
    first += capacity * rowWords;
  });
  return rows;
}
