import { type Condition, parseCondition } from './condition.ts';
import { validation } from './errors.ts';
import { parseKeyCondition } from './key-condition.ts';
import { type ExpressionKind, Tokens } from './lexer.ts';
import type { Bound, Check } from './operands.ts';
import { checkDisjoint, type Names, type Path, resolve, type Steps, takePath } from './paths.ts';
import { parseUpdate } from './update.ts';
import { canonicalValue, type Item, type Value } from './values.ts';

/** What every parsed expression tells about the placeholders that it uses. */
export type Placeholders = {
  names: ReadonlySet<string>;
  values: ReadonlySet<string>;
  checks?: readonly Check[];
};
export type Projection = Placeholders & { paths: readonly Path[] };
/** The fields of a request that bring placeholders. */
export type Given = {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
};

/** Programs have few expressions, but one that writes literals into them must not fill the memory. */
const MAX_CACHED = 10_000;

export const conditionOf = cached((text) => parseCondition(text, 'ConditionExpression'));
export const filterOf = cached((text): Condition => parseCondition(text, 'FilterExpression'));
export const updateOf = cached(parseUpdate);
export const keyConditionOf = cached(parseKeyCondition);
export const projectionOf = cached(parseProjection);

/**
 * The placeholders of one request, canonical. Each that is used must be given and each that is given must be used;
 * operands that cannot be right whatever the item holds are refused here. Throws a ValidationException.
 */
export function bind(given: Given, expressions: readonly (Placeholders | undefined)[]): Bound {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = given;
  const used = expressions.filter((expression) => expression !== undefined);
  if (names || values) refuseEmpty(names, values, used.length > 0);
  const bound: Bound = { names: names ?? NONE, values: values ? canonicalValues(values) : NONE };
  for (const { names: wantedNames, values: wantedValues, checks = [] } of used) {
    for (const name of wantedNames) if (!Object.hasOwn(bound.names, name)) throw undefinedPlaceholder('name', name);
    for (const value of wantedValues)
      if (!Object.hasOwn(bound.values, value)) throw undefinedPlaceholder('value', value);
    for (const check of checks) check(bound);
  }
  refuseUnused('ExpressionAttributeNames', bound.names, (name) => used.some(({ names }) => names.has(name)));
  refuseUnused('ExpressionAttributeValues', bound.values, (name) => used.some(({ values }) => values.has(name)));
  return bound;
}

export const projectedPaths = ({ paths }: Projection, names: Names): Steps[] =>
  paths.map((path) => resolve(path, names));

const NONE: Readonly<Record<string, never>> = {};

function canonicalValues(values: Record<string, unknown>): Item {
  const canonical: Item = {};
  for (const name in values) canonical[name] = canonicalValue(values[name] as Value);
  return canonical;
}

function refuseEmpty(names: object | undefined, values: object | undefined, hasExpressions: boolean): void {
  if (!hasExpressions)
    throw validation('ExpressionAttributeNames and ExpressionAttributeValues need an expression that uses them');
  for (const map of [names, values])
    if (map && Object.keys(map).length === 0)
      throw validation('ExpressionAttributeNames and ExpressionAttributeValues must not be empty');
}

function refuseUnused(field: string, given: object, isUsed: (name: string) => boolean): void {
  for (const name in given)
    if (!isUsed(name)) throw validation(`Value provided in ${field} unused in expressions: keys: {${name}}`);
}

const undefinedPlaceholder = (kind: string, name: string) =>
  validation(`An expression attribute ${kind} used in expression is not defined: ${name}`);

function parseProjection(text: string): Projection {
  const kind: ExpressionKind = 'ProjectionExpression';
  const tokens = new Tokens(text, kind);
  const paths: Path[] = [];
  do paths.push(takePath(tokens));
  while (tokens.takeIf(','));
  tokens.end();
  const checks: Check[] = [
    ({ names }) =>
      checkDisjoint(
        paths.map((path) => resolve(path, names)),
        kind,
      ),
  ];
  return { paths, checks, names: tokens.names, values: tokens.values };
}

/** A parser that reads each text once; `undefined` stays so. */
function cached<T>(parse: (text: string) => T): (text: string | undefined) => T | undefined {
  const known = new Map<string, T>();
  return (text) => {
    if (text === undefined) return undefined;
    let parsed = known.get(text);
    if (!parsed) {
      parsed = parse(text);
      if (known.size >= MAX_CACHED) known.clear();
      known.set(text, parsed);
    }
    return parsed;
  };
}
