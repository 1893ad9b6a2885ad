import type { AttributeValue } from '../../model/person.ts';
import { type Comparison, compare } from '../compare.ts';
import { type Classes, classesOf, type Facet, NO_CLASS, NO_CLASS_LEFT } from './classes.ts';
import type { Clause, Literal } from './clauses.ts';

/**
 * What a bit of a row says: that all of the clauses hold, as far as this column can tell, or, where it is to tell what
 * `fails`, that they do not.
 */
export type Part = { bit: number; clauses: readonly Clause[]; fails: boolean };

type Joint = { bit: number; fails: boolean; clauses: readonly Int32Array[] };

/** What is known of list items, by class: beyond this many it is forgotten and learnt again. */
const MAX_ITEM_CLASSES = 1024;
const NO_ROW = -1;
/** The first rows are for values that are of no class, and for the empty list. */
export const SCRATCH_ROWS = 2;

/**
 * All comparisons of one field that look at the same side of it. For a value it gives a row of bits: what the value
 * makes of every clause of every rule. Rows are made by `compare`, on the first value of each class, and kept.
 */
export class Column {
  readonly facet: Facet;
  readonly classCount: number;
  readonly #rowWords: number;
  readonly #classes: Classes;
  readonly #atoms: readonly Comparison[];
  /** By comparison: the bits that are its truth alone, or its contrary. */
  readonly #bits: readonly Int32Array[];
  readonly #contraries: readonly Int32Array[];
  readonly #either: readonly Int32Array[];
  /** Bits that more than one comparison decides; a literal is the number of its comparison, complemented when negated. */
  readonly #joint: readonly Joint[];
  readonly #truth: Uint8Array;
  readonly #ofEmptyList: Uint8Array;
  readonly #flips = new Map<number, Int32Array>();
  readonly #rowOfClass: Int32Array;
  #rows = new Int32Array(0);
  #firstWord = 0;
  #capacity = 0;
  #used = 0;

  constructor(facet: Facet, rowWords: number, parts: readonly Part[]) {
    const numbers = new Map<string, number>();
    const atoms: Comparison[] = [];
    const numberOf = ({ key, operator, value }: Literal): number => {
      const number = numbers.get(key) ?? atoms.push({ operator, value }) - 1;
      numbers.set(key, number);
      return number;
    };
    const encode = (literal: Literal) => (literal.negated ? ~numberOf(literal) : numberOf(literal));
    const coded = parts.map(({ bit, fails, clauses }) => ({
      bit,
      fails,
      clauses: clauses.map((clause) => Int32Array.from(clause, encode)),
    }));
    const alone = Map.groupBy(coded, ({ clauses, fails }) => {
      const literal = clauses.length === 1 && clauses[0]?.length === 1 ? clauses[0][0] : undefined;
      return literal !== undefined && fails ? ~literal : literal;
    });
    const bitsOf = (literal: number) => Int32Array.from(alone.get(literal) ?? [], ({ bit }) => bit);
    this.#bits = atoms.map((_, number) => bitsOf(number));
    this.#contraries = atoms.map((_, number) => bitsOf(~number));
    this.#either = atoms.map((_, number) => Int32Array.from([...bitsOf(number), ...bitsOf(~number)]));
    this.#joint = alone.get(undefined) ?? [];
    this.facet = facet;
    this.#rowWords = rowWords;
    this.#atoms = atoms;
    this.#classes = classesOf(facet, atoms);
    this.classCount = this.#classes.count;
    this.#truth = new Uint8Array(atoms.length);
    this.#ofEmptyList = Uint8Array.from(atoms, (atom) => (compare([], atom, 0) ? 1 : 0));
    this.#rowOfClass = new Int32Array(this.classCount).fill(NO_ROW);
  }

  /** Gives the column room for `capacity` rows, from a word on. */
  settle(rows: Int32Array<ArrayBuffer>, firstWord: number, capacity: number): void {
    this.#rows = rows;
    this.#firstWord = firstWord;
    this.#capacity = capacity;
    this.#forgetRows();
    this.#truth.set(this.#ofEmptyList);
    this.#write(firstWord + this.#rowWords);
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
    const row = this.#firstWord + this.#used * this.#rowWords;
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
    this.#used = SCRATCH_ROWS;
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
    const rows = this.#rows;
    const row = this.#firstWord;
    const emptyRow = row + this.#rowWords;
    truth.set(this.#ofEmptyList);
    rows.copyWithin(row, emptyRow, emptyRow + this.#rowWords);
    for (let item = 0; item < list.length; item += 1) {
      const flips = this.#flipsOf(list[item] as AttributeValue, now);
      for (let index = 0; index < flips.length; index += 1) {
        const atom = flips[index] as number;
        if (truth[atom] !== this.#ofEmptyList[atom]) continue;
        truth[atom] = 1 - (truth[atom] as number);
        this.#flip(row, atom);
      }
    }
    this.#writeJoint(row);
    return row;
  }

  #flip(row: number, atom: number): void {
    const rows = this.#rows;
    const bits = this.#either[atom] as Int32Array;
    for (let index = 0; index < bits.length; index += 1) {
      const bit = bits[index] as number;
      rows[row + (bit >>> 5)] = (rows[row + (bit >>> 5)] as number) ^ (1 << (bit & 31));
    }
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

  /** Turns the truth of the comparisons into bits. */
  #write(row: number): number {
    this.#rows.fill(0, row, row + this.#rowWords);
    this.#truth.forEach((isTrue, atom) => {
      for (const bit of (isTrue ? this.#bits : this.#contraries)[atom] ?? []) this.#put(row, bit, true);
    });
    this.#writeJoint(row);
    return row;
  }

  #writeJoint(row: number): void {
    for (let index = 0; index < this.#joint.length; index += 1) {
      const { bit, fails, clauses } = this.#joint[index] as Joint;
      let holds = true;
      for (let number = 0; number < clauses.length && holds; number += 1)
        holds = this.#isSatisfied(clauses[number] as Int32Array);
      this.#put(row, bit, holds !== fails);
    }
  }

  #isSatisfied(clause: Int32Array): boolean {
    for (let index = 0; index < clause.length; index += 1) {
      const literal = clause[index] as number;
      if (literal < 0 ? this.#truth[~literal] === 0 : this.#truth[literal] === 1) return true;
    }
    return false;
  }

  #put(row: number, bit: number, holds: boolean): void {
    const word = row + (bit >>> 5);
    const mask = 1 << (bit & 31);
    const before = this.#rows[word] ?? 0;
    this.#rows[word] = holds ? before | mask : before & ~mask;
  }
}
