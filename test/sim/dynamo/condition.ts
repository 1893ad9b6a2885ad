import { type ExpressionKind, Tokens } from './lexer.ts';
import { type Check, isCall, type Parsing, type Test } from './operands.ts';
import type { Path } from './paths.ts';
import { takeComparison, takeFunction } from './predicates.ts';

/** One parsed ConditionExpression or FilterExpression, and what a request must bring for it. */
export type Condition = {
  test: Test;
  checks: readonly Check[];
  paths: readonly Path[];
  names: ReadonlySet<string>;
  values: ReadonlySet<string>;
};

/** Precedence as documented: comparisons and functions, then NOT, AND, OR. Throws a ValidationException. */
export function parseCondition(text: string, kind: ExpressionKind): Condition {
  const tokens = new Tokens(text, kind);
  const parsing: Parsing = { tokens, checks: [], paths: [] };
  const test = takeOr(parsing);
  tokens.end();
  const { checks, paths } = parsing;
  return { test, checks, paths, names: tokens.names, values: tokens.values };
}

function takeOr(parsing: Parsing): Test {
  let test = takeAnd(parsing);
  while (parsing.tokens.takeIf('OR')) {
    const [left, right] = [test, takeAnd(parsing)];
    test = (item, bound) => left(item, bound) || right(item, bound);
  }
  return test;
}

function takeAnd(parsing: Parsing): Test {
  let test = takeNot(parsing);
  while (parsing.tokens.takeIf('AND')) {
    const [left, right] = [test, takeNot(parsing)];
    test = (item, bound) => left(item, bound) && right(item, bound);
  }
  return test;
}

function takeNot(parsing: Parsing): Test {
  if (!parsing.tokens.takeIf('NOT')) return takePrimary(parsing);
  const inner = takeNot(parsing);
  return (item, bound) => !inner(item, bound);
}

function takePrimary(parsing: Parsing): Test {
  const { tokens } = parsing;
  if (tokens.next === '(') return takeGroup(parsing);
  return isCall(tokens) && tokens.next !== 'size' ? takeFunction(parsing) : takeComparison(parsing);
}

function takeGroup(parsing: Parsing): Test {
  const { tokens } = parsing;
  tokens.take();
  const startsWithGroup = tokens.next === '(';
  const before = parsing.lastGroup;
  const test = takeOr(parsing);
  tokens.expect(')');
  // Nothing was joined to the inner group: the two pairs of parentheses enclose the same.
  if (startsWithGroup && parsing.lastGroup !== before && parsing.lastGroup === test)
    throw tokens.wrong('The expression has redundant parentheses;');
  parsing.lastGroup = test;
  return test;
}
