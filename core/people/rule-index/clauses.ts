import type { Rule, RuleGroup } from '../../model/segment.ts';
import type { Comparison } from '../compare.ts';
import { isDerivedField } from '../fields.ts';

/** A comparison of a field, or the contrary of one. Comparisons are two-valued: of what is not known they are false. */
export type Literal = Comparison & { field: string; negated: boolean; key: string };

/** Some of these must hold. */
export type Clause = readonly Literal[];

/**
 * What must hold for a rule to match: every clause. With `exact` false the clauses are necessary but not sufficient, and
 * the rule itself must be asked as well.
 */
export type Clauses = { clauses: readonly Clause[]; exact: boolean };

/** Alternatives of groups multiply: beyond this many clauses, or literals in one, a part of a rule is left out. */
const MAX_CLAUSES = 48;
const MAX_LITERALS = 64;

const TRUE: Clauses = { clauses: [], exact: true };
const FALSE: Clauses = { clauses: [[]], exact: true };

/** Conjunctive normal form, with the negations pushed down to the comparisons (de Morgan). */
export function clausesOf(rule: Rule | RuleGroup, negated = false): Clauses {
  if (!('combinator' in rule)) return { clauses: [[literalOf(rule, negated)]], exact: true };
  const turned = (rule.not === true) !== negated;
  // An empty group is true, whichever way it combines nothing.
  if (rule.rules.length === 0) return turned ? FALSE : TRUE;
  const parts = rule.rules.map((part) => clausesOf(part, turned));
  return (rule.combinator === 'and') === turned ? anyOf(parts) : allOf(parts);
}

function allOf(parts: readonly Clauses[]): Clauses {
  const clauses = simplify(parts.flatMap((part) => part.clauses));
  const exact = parts.every((part) => part.exact);
  // Any of the clauses is necessary, so leaving some out only makes the answer less sharp.
  return clauses.length <= MAX_CLAUSES ? { clauses, exact } : { clauses: clauses.slice(0, MAX_CLAUSES), exact: false };
}

function anyOf(parts: readonly Clauses[]): Clauses {
  let clauses: readonly Clause[] = [[]];
  for (const part of parts) {
    if (clauses.length * part.clauses.length > MAX_CLAUSES) return { clauses: [], exact: false };
    clauses = simplify(clauses.flatMap((left) => part.clauses.map((right) => [...left, ...right])));
    if (clauses.some(({ length }) => length > MAX_LITERALS)) return { clauses: [], exact: false };
  }
  return { clauses, exact: parts.every((part) => part.exact) };
}

/** Without repetition, without clauses that always hold, and without those that another one implies. */
function simplify(clauses: readonly Clause[]): Clause[] {
  const distinct = clauses
    .map((clause) => new Map(clause.map((literal) => [`${literal.negated}${literal.key}`, literal])))
    .filter((clause) => ![...clause.values()].some(({ negated, key }) => clause.has(`${!negated}${key}`)))
    .sort((left, right) => left.size - right.size);
  const kept: Map<string, Literal>[] = [];
  for (const clause of distinct) {
    if (!kept.some((shorter) => [...shorter.keys()].every((key) => clause.has(key)))) kept.push(clause);
  }
  return kept.map((clause) => [...clause.values()]);
}

function literalOf({ field, operator, value }: Rule, negated: boolean): Literal {
  const canonical = canonicalField(field);
  return { field: canonical, operator, value, negated, key: `${canonical} ${operator} ${keyOf(value)}` };
}

/** `tier` and `attributes.tier` are one field; `attributes.identifiers.x` and `attributes.visits.x` must keep their prefix. */
function canonicalField(field: string): string {
  const name = field.startsWith('attributes.') ? field.slice('attributes.'.length) : field;
  return name.startsWith('attributes.') || name.startsWith('identifiers.') || isDerivedField(name) ? field : name;
}

/** Tells apart what comparisons tell apart: 1 and "1", NaN and null. */
function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
