import { setBit, WORD_BITS, wordsFor } from '../../bits.ts';
import type { RuleGroup } from '../../model/segment.ts';
import { type Facet, facetOf } from './classes.ts';
import { type Clause, clausesOf, type Literal } from './clauses.ts';
import { Column, type Layout, type Placed } from './column.ts';

export type LaidColumn = { column: Column; slot: number };

/** A field that rules ask about, and the columns that look at its value; plain when it is simply read off the attributes. */
export type Source = { field: string; isPlain: boolean; columns: readonly LaidColumn[] };

/** Where a plane lies within a row, and which bits of its last word belong to rules that have a clause in it. */
export type Plane = { firstWord: number; words: number; lastMask: number };

/** Everything about the rules apart from the values. A rule's rank is the number of its bit. */
export type Plan = {
  /** Rank to number of the rule. */
  order: Int32Array;
  /** One bit per rule that can match at all. */
  possible: Int32Array;
  planes: readonly Plane[];
  layout: Layout;
  /** By rank: rules that must be asked themselves when their clauses hold. */
  residual: readonly (RuleGroup | undefined)[];
};

type Prepared = {
  number: number;
  /** Clauses about one column, and the others. */
  units: Clause[];
  spread: Clause[];
  possible: boolean;
  residual: RuleGroup | undefined;
};

/** Gives every clause of every rule its place in the rows. */
export function layOut(rules: readonly RuleGroup[]): { plan: Plan; sources: Source[] } {
  // Those with most clauses come first, so that each plane is as short as it can be.
  const ranked = rules.map(prepare).sort((left, right) => right.spread.length - left.spread.length);
  const unitWords = wordsFor(rules.length);
  const planes: Plane[] = [];
  let rowWords = unitWords;
  for (let plane = 0; plane < (ranked[0]?.spread.length ?? 0); plane += 1) {
    const count = ranked.findLastIndex(({ spread }) => spread.length > plane) + 1;
    const words = wordsFor(count);
    // Shifts count modulo 32, so a full word keeps all its bits.
    planes.push({ firstWord: rowWords, words, lastMask: -1 >>> -count });
    rowWords += words;
  }
  const possible = new Int32Array(unitWords);
  ranked.forEach((rule, rank) => {
    if (rule.possible) setBit(possible, rank);
  });
  const layout = { unitWords, rowWords };
  return {
    plan: {
      order: Int32Array.from(ranked, ({ number }) => number),
      possible,
      planes,
      layout,
      residual: ranked.map(({ residual }) => residual),
    },
    sources: sourcesOf(place(ranked, planes, unitWords), layout),
  };
}

function prepare(rule: RuleGroup, number: number): Prepared {
  const { clauses, exact } = clausesOf(rule);
  if (clauses.some(({ length }) => length === 0)) {
    return { number, units: [], spread: [], possible: false, residual: undefined };
  }
  const isUnit = (clause: Clause) => new Set(clause.map(columnOf)).size === 1;
  return {
    number,
    units: clauses.filter(isUnit),
    // The fewer the alternatives the more it rules out, and what is ruled out early costs nothing later.
    spread: clauses.filter((clause) => !isUnit(clause)).sort((left, right) => left.length - right.length),
    possible: true,
    residual: exact ? undefined : rule,
  };
}

type Drawn = { field: string; facet: Facet; units: Placed[]; spread: Placed[] };

const columnOf = ({ field, operator }: Literal): string => `${facetOf(operator)} ${field}`;

/** What each column contributes: the clauses that are all its own, and its literals in the others. */
function place(ranked: readonly Prepared[], planes: Plan['planes'], unitWords: number): Drawn[] {
  const drawn = new Map<string, Drawn>();
  const columnFor = (literal: Literal): Drawn => {
    const key = columnOf(literal);
    const found = drawn.get(key) ?? { field: literal.field, facet: facetOf(literal.operator), units: [], spread: [] };
    drawn.set(key, found);
    return found;
  };
  ranked.forEach(({ units, spread }, rank) => {
    for (const literals of units) if (literals[0]) columnFor(literals[0]).units.push({ literals, bit: rank });
    spread.forEach((clause, plane) => {
      const bit = ((planes[plane]?.firstWord ?? 0) - unitWords) * WORD_BITS + rank;
      for (const literal of clause) columnFor(literal).spread.push({ literals: [literal], bit });
    });
  });
  return [...drawn.values()];
}

function sourcesOf(drawn: readonly Drawn[], layout: Layout): Source[] {
  const laid = drawn.map(({ field, facet, units, spread }, slot) => ({
    field,
    column: { column: new Column(facet, layout, units, spread), slot },
  }));
  return [...Map.groupBy(laid, ({ field }) => field)].map(([field, columns]) => ({
    field,
    // Names that every object inherits must be asked for with care.
    isPlain: !(field.startsWith('identifiers.') || field.startsWith('attributes.') || field in Object.prototype),
    columns: columns.map(({ column }) => column),
  }));
}
