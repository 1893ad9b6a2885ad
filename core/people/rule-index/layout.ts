import { setBit, WORD_BITS, wordsFor } from '../../bits.ts';
import type { RuleGroup } from '../../model/segment.ts';
import { isDerivedField } from '../fields.ts';
import { type Facet, facetOf } from './classes.ts';
import { type Clause, clausesOf, type Literal } from './clauses.ts';
import { Column, type Part } from './column.ts';

/** A field that rules ask about, and the columns that look at its value; plain when it is simply read off the attributes. */
export type Source = { field: string; isPlain: boolean; columns: readonly LaidColumn[] };
export type LaidColumn = { column: Column; slot: number };

/**
 * Everything about the rules apart from the values. A rule's rank is the number of its bit. A row begins with a word for
 * every 32 rules, of bits that are set when a value rules them out; then come the planes: the clauses that several
 * columns can satisfy, the i-th of a rule in the i-th plane.
 */
export type Plan = {
  /** Rank to number of the rule. */
  order: Int32Array;
  /** One bit per rule that can match at all. */
  possible: Int32Array;
  planes: readonly Plane[];
  rowWords: number;
  /** By rank: rules that must be asked themselves when their clauses hold. */
  residual: readonly (RuleGroup | undefined)[];
};

/** Where a plane lies within a row, and which bits of its last word belong to rules that have a clause in it. */
export type Plane = { firstWord: number; words: number; lastMask: number };

type Prepared = {
  number: number;
  /** Clauses about one column, and the others. */
  units: readonly Clause[];
  spread: readonly Clause[];
  possible: boolean;
  residual: RuleGroup | undefined;
};

/** Gives every clause of every rule its place in the rows. */
export function layOut(rules: readonly RuleGroup[]): { plan: Plan; sources: Source[] } {
  // Those with most clauses come first, so that each plane is as short as it can be.
  const ranked = rules.map(prepare).sort((left, right) => right.spread.length - left.spread.length);
  const planes: Plane[] = [];
  let rowWords = wordsFor(rules.length);
  for (let plane = 0; plane < (ranked[0]?.spread.length ?? 0); plane += 1) {
    const count = ranked.findLastIndex(({ spread }) => spread.length > plane) + 1;
    const words = wordsFor(count);
    // Shifts count modulo 32, so a full word keeps all its bits.
    planes.push({ firstWord: rowWords, words, lastMask: -1 >>> -count });
    rowWords += words;
  }
  const possible = new Int32Array(wordsFor(rules.length));
  ranked.forEach((rule, rank) => {
    if (rule.possible) setBit(possible, rank);
  });
  return {
    plan: {
      order: Int32Array.from(ranked, ({ number }) => number),
      possible,
      planes,
      rowWords,
      residual: ranked.map(({ residual }) => residual),
    },
    sources: sourcesOf(draw(ranked, planes), rowWords),
  };
}

function prepare(rule: RuleGroup, number: number): Prepared {
  const { clauses, exact } = clausesOf(rule);
  if (clauses.some(({ length }) => length === 0)) {
    return { number, units: [], spread: [], possible: false, residual: undefined };
  }
  const isUnit = (clause: Clause) => new Set(clause.map(columnKeyOf)).size === 1;
  return {
    number,
    units: clauses.filter(isUnit),
    spread: clauses.filter((clause) => !isUnit(clause)),
    possible: true,
    residual: exact ? undefined : rule,
  };
}

type Drawn = { field: string; facet: Facet; parts: Part[] };

/** Comparisons of one column look at the same side of the same field. */
const columnKeyOf = ({ field, operator }: Literal): string => `${facetOf(operator)} ${field}`;

/** What each column contributes: the clauses that are all its own, and its literals in the others. */
function draw(ranked: readonly Prepared[], planes: readonly Plane[]): Drawn[] {
  const drawn = new Map<string, Drawn>();
  const add = (clauses: readonly Clause[], bit: number, fails: boolean): void => {
    const literal = clauses[0]?.[0];
    if (!literal) return;
    const key = columnKeyOf(literal);
    const found = drawn.get(key) ?? { field: literal.field, facet: facetOf(literal.operator), parts: [] };
    found.parts.push({ bit, clauses, fails });
    drawn.set(key, found);
  };
  ranked.forEach(({ units, spread }, rank) => {
    const byColumn = Map.groupBy(units, (clause) => clause.map(columnKeyOf)[0]);
    for (const clauses of byColumn.values()) add(clauses, rank, true);
    spread.forEach((clause, plane) => {
      const bit = (planes[plane]?.firstWord ?? 0) * WORD_BITS + rank;
      for (const literals of Map.groupBy(clause, columnKeyOf).values()) add([literals], bit, false);
    });
  });
  return [...drawn.values()];
}

function sourcesOf(drawn: readonly Drawn[], rowWords: number): Source[] {
  const laid = drawn.map(({ field, facet, parts }, slot) => ({
    field,
    column: { column: new Column(facet, rowWords, parts), slot },
  }));
  return [...Map.groupBy(laid, ({ field }) => field)].map(([field, columns]) => ({
    field,
    // Names that every object inherits must be asked for with care.
    isPlain: !(
      field.startsWith('identifiers.') ||
      field.startsWith('attributes.') ||
      isDerivedField(field) ||
      field in Object.prototype
    ),
    columns: columns.map(({ column }) => column),
  }));
}
