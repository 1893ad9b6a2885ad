import { validation } from './errors.ts';
import { Tokens } from './lexer.ts';
import { type Bound, isCall } from './operands.ts';
import type { Names } from './paths.ts';
import { compareText, type Value } from './values.ts';

type Comparator = '=' | '<' | '<=' | '>' | '>=' | 'between' | 'begins_with';
type Clause = { attribute: string; comparator: Comparator; values: string[] };

/** One parsed KeyConditionExpression. */
export type KeyCondition = {
  clauses: readonly Clause[];
  names: ReadonlySet<string>;
  values: ReadonlySet<string>;
};

/** The sort keys of one partition that a query asks for, in UTF-8 order. */
export type KeyRange = { pk: string; isBefore: (sk: string) => boolean; isAfter: (sk: string) => boolean };

const MIRRORED: Record<string, Comparator> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

export function parseKeyCondition(text: string): KeyCondition {
  const tokens = new Tokens(text, 'KeyConditionExpression');
  const clauses = takeClauses(tokens);
  tokens.end();
  return { clauses, names: tokens.names, values: tokens.values };
}

function takeClauses(tokens: Tokens): Clause[] {
  const clauses = takeClauseOrGroup(tokens);
  while (tokens.takeIf('AND')) clauses.push(...takeClauseOrGroup(tokens));
  return clauses;
}

function takeClauseOrGroup(tokens: Tokens): Clause[] {
  if (!tokens.takeIf('(')) return [takeClause(tokens)];
  const clauses = takeClauses(tokens);
  tokens.expect(')');
  return clauses;
}

function takeClause(tokens: Tokens): Clause {
  if (isCall(tokens)) {
    if (tokens.take() !== 'begins_with') throw tokens.wrong('Invalid function in a key condition');
    tokens.take();
    const attribute = tokens.takeName();
    tokens.expect(',');
    const values = [tokens.takeValue()];
    tokens.expect(')');
    return { attribute, comparator: 'begins_with', values };
  }
  if (tokens.next?.startsWith(':')) {
    const value = tokens.takeValue();
    const comparator = MIRRORED[tokens.take()];
    if (!comparator) throw tokens.wrong('Invalid operator used in KeyConditionExpression');
    return { attribute: tokens.takeName(), comparator, values: [value] };
  }
  const attribute = tokens.takeName();
  if (tokens.takeIf('BETWEEN')) {
    const low = tokens.takeValue();
    tokens.expect('AND');
    return { attribute, comparator: 'between', values: [low, tokens.takeValue()] };
  }
  const operator = tokens.take();
  if (!Object.hasOwn(MIRRORED, operator)) throw tokens.wrong(`Invalid operator used: ${operator}`);
  return { attribute, comparator: operator as Comparator, values: [tokens.takeValue()] };
}

/** What the clauses mean for one request: `pk` must be equal to something, `sk` may be confined once. */
export function keyRange({ clauses }: KeyCondition, bound: Bound): KeyRange {
  const named = clauses.map((clause) => ({ ...clause, attribute: nameOf(clause.attribute, bound.names) }));
  const [partition, ...others] = named.filter(({ attribute }) => attribute === 'pk');
  const [sort, ...more] = named.filter(({ attribute }) => attribute !== 'pk');
  if (!partition || others.length > 0 || more.length > 0 || (sort && sort.attribute !== 'sk'))
    throw validation('Query condition missed key schema element');
  if (partition.comparator !== '=') throw validation('Query key condition not supported');
  const [pk = ''] = keyTexts(partition, bound.values);
  if (!sort) return { pk, isBefore: () => false, isAfter: () => false };
  const texts = keyTexts(sort, bound.values);
  return { pk, ...bounds(sort.comparator, texts) };
}

const nameOf = (attribute: string, names: Names): string =>
  attribute.startsWith('#') ? (names[attribute] as string) : attribute;

function keyTexts({ attribute, values }: Clause, bound: Readonly<Record<string, Value>>): string[] {
  return values.map((value) => {
    const text = bound[value]?.S;
    if (text === undefined)
      throw validation(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      );
    if (text === '')
      throw validation(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ${attribute}`,
      );
    return text;
  });
}

function bounds(comparator: Comparator, [text = '', upper = '']: string[]): Pick<KeyRange, 'isBefore' | 'isAfter'> {
  const never = () => false;
  const below = (sk: string) => compareText(sk, text) < 0;
  const above = (sk: string) => compareText(sk, text) > 0;
  const upTo = (sk: string) => compareText(sk, text) <= 0;
  const from = (sk: string) => compareText(sk, text) >= 0;
  switch (comparator) {
    case '=':
      return { isBefore: below, isAfter: above };
    case '<':
      return { isBefore: never, isAfter: from };
    case '<=':
      return { isBefore: never, isAfter: above };
    case '>':
      return { isBefore: upTo, isAfter: never };
    case '>=':
      return { isBefore: below, isAfter: never };
    case 'begins_with':
      return { isBefore: below, isAfter: (sk) => above(sk) && !sk.startsWith(text) };
    default:
      if (compareText(text, upper) > 0)
        throw validation('The BETWEEN operator requires upper bound to be at least the lower bound');
      return { isBefore: below, isAfter: (sk) => compareText(sk, upper) > 0 };
  }
}
