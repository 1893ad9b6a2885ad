import type { AttributeValue } from '../../model/person.ts';
import { type Comparison, compare } from '../compare.ts';
import { type Classes, classesOf, type Facet, NO_CLASS, NO_CLASS_LEFT } from './classes.ts';
import type { Literal } from './clauses.ts';

/**
 * Where clauses lie in a row of bits. First come `unitWords` words with a bit per rule, cleared where a clause that is
 * all about this column fails; then the bits of the clauses that other columns can satisfy as well.
 */
export type Layout = { unitWords: number; rowWords: number };

/** A clause, or the part of it, that is about one column; `bit` counts from the beginning of its part of the row. */
export type Placed = { literals: readonly Literal[]; bit: number };

/** What is known of list items, by class: beyond this many it is forgotten and learnt again. */
const MAX_ITEM_CLASSES = 1024;
const NO_ROW = -1;

/**
 * All comparisons of one field that look at the same side of it. For a value it gives a row of bits: what the value
 * makes of every clause of every rule. Rows are made by `compare`, on the first value of each class, and kept.
 */
export class Column {
  readonly facet: Facet;
  readonly classCount: number;
  readonly hasUnits: boolean;
  readonly planeLiteralCount: number;
  readonly #classes: Classes;
  readonly #atoms: readonly Comparison[];
  readonly #layout: Layout;
  /** Literals are the number of their comparison, doubled, and one more when negated. */
  readonly #unitLiterals: readonly Int32Array[];
  readonly #unitBits: Int32Array;
  readonly #planeLiterals: Int32Array;
  readonly #planeBits: Int32Array;
  readonly #truth: Uint8Array;
  readonly #ofEmptyList: Uint8Array;
  readonly #flips = new Map<number, Int32Array>();
  #rows = new Int32Array(0);
  #firstWord = 0;
  #capacity = 0;
  #used = 0;
  readonly #rowOfClass: Int32Array;

  constructor(facet: Facet, layout: Layout, units: readonly Placed[], planes: readonly Placed[]) {
    const numbers = new Map<string, number>();
    const atoms: Comparison[] = [];
    const encode = ({ key, negated, operator, value }: Literal): number => {
      const number = numbers.get(key) ?? atoms.push({ operator, value }) - 1;
      numbers.set(key, number);
      return 2 * number + (negated ? 1 : 0);
    };
    this.#unitLiterals = units.map(({ literals }) => Int32Array.from(literals, encode));
    this.#unitBits = Int32Array.from(units, ({ bit }) => bit);
    this.#planeLiterals = Int32Array.from(planes.flatMap(({ literals }) => literals.map(encode)));
    this.#planeBits = Int32Array.from(planes.flatMap(({ literals, bit }) => literals.map(() => bit)));
    this.facet = facet;
    this.hasUnits = units.length > 0;
    this.planeLiteralCount = this.#planeLiterals.length;
    this.#layout = layout;
    this.#atoms = atoms;
    this.#classes = classesOf(facet, atoms);
    this.classCount = this.#classes.count;
    this.#truth = new Uint8Array(atoms.length);
    this.#ofEmptyList = Uint8Array.from(atoms, (atom) => (compare([], atom, 0) ? 1 : 0));
    this.#rowOfClass = new Int32Array(this.classCount).fill(NO_ROW);
  }

  /** Gives the column room for `capacity` rows from a word on; the first is for values that are of no class. */
  settle(rows: Int32Array<ArrayBuffer>, firstWord: number, capacity: number): void {
    this.#rows = rows;
    this.#firstWord = firstWord;
    this.#capacity = capacity;
    this.#forgetRows();
  }

  /** The first word of the row of a value at `now`. It holds until the next call of this column. */
  rowOf(value: AttributeValue | undefined, now: number): number {
    // Recency asks for one instant of a list, distance for one point; elsewhere the items count.
    if (Array.isArray(value) && this.facet !== 'recency' && this.facet !== 'place') return this.#rowOfList(value, now);
    const found = this.#classOf(value, now);
    if (found === NO_CLASS) return this.#compareAll(value, now, this.#firstWord);
    const known = this.#rowOfClass[found] ?? NO_ROW;
    if (known !== NO_ROW) return known;
    if (this.#used === this.#capacity) this.#forgetRows();
    const row = this.#firstWord + this.#used * this.#layout.rowWords;
    this.#used += 1;
    this.#rowOfClass[found] = row;
    return this.#compareAll(value, now, row);
  }

  #classOf(value: AttributeValue | undefined, now: number): number {
    const found = this.#classes.classOf(value, now);
    if (found !== NO_CLASS_LEFT) return found;
    this.#classes.forget();
    this.#flips.clear();
    this.#forgetRows();
    return this.#classes.classOf(value, now);
  }

  #forgetRows(): void {
    this.#rowOfClass.fill(NO_ROW);
    this.#used = 1;
  }

  #compareAll(value: AttributeValue | undefined, now: number, row: number): number {
    this.#atoms.forEach((atom, index) => {
      this.#truth[index] = compare(value, atom, now) ? 1 : 0;
    });
    return this.#write(row);
  }

  /**
   * A list answers a comparison like an empty one, unless some item alone turns the answer round: `=` asks whether any
   * item equals, `!=` whether none does, and the operators that do not take lists never change their mind.
   */
  #rowOfList(list: readonly AttributeValue[], now: number): number {
    const truth = this.#truth;
    truth.set(this.#ofEmptyList);
    for (const item of list) {
      for (const index of this.#flipsOf(item, now)) truth[index] = 1 - (this.#ofEmptyList[index] ?? 0);
    }
    return this.#write(this.#firstWord);
  }

  #flipsOf(item: AttributeValue, now: number): Int32Array {
    const found = this.#classOf(item, now);
    const known = this.#flips.get(found);
    if (known) return known;
    const flips = Int32Array.from(
      this.#atoms.flatMap((atom, index) =>
        (compare([item] as AttributeValue, atom, now) ? 1 : 0) === this.#ofEmptyList[index] ? [] : [index],
      ),
    );
    if (found === NO_CLASS) return flips;
    if (this.#flips.size === MAX_ITEM_CLASSES) this.#flips.clear();
    this.#flips.set(found, flips);
    return flips;
  }

  /** Turns the truth of the comparisons into the bits of the clauses. */
  #write(row: number): number {
    const { unitWords, rowWords } = this.#layout;
    const rows = this.#rows;
    const truth = this.#truth;
    rows.fill(-1, row, row + unitWords);
    rows.fill(0, row + unitWords, row + rowWords);
    this.#unitLiterals.forEach((literals, index) => {
      const bit = this.#unitBits[index] ?? 0;
      if (!literals.some((literal) => truth[literal >> 1] !== (literal & 1))) {
        rows[row + (bit >>> 5)] = (rows[row + (bit >>> 5)] ?? 0) & ~(1 << (bit & 31));
      }
    });
    const literals = this.#planeLiterals;
    const bits = this.#planeBits;
    const first = row + unitWords;
    for (let index = 0; index < literals.length; index += 1) {
      const literal = literals[index] ?? 0;
      if (truth[literal >> 1] === (literal & 1)) continue;
      const bit = bits[index] ?? 0;
      rows[first + (bit >>> 5)] = (rows[first + (bit >>> 5)] ?? 0) | (1 << (bit & 31));
    }
    return row;
  }
}
