import { applyChanges } from './changes.ts';
import { addNumbers, subtractNumbers } from './decimal.ts';
import { validation } from './errors.ts';
import { Tokens } from './lexer.ts';
import {
  type Bound,
  type Check,
  isCall,
  type Operand,
  takeArguments,
  takeAttribute,
  takeConstant,
  takeOperand,
} from './operands.ts';
import { checkDisjoint, type Names, type Path, readPath, resolve, type Steps, takePath } from './paths.ts';
import { canonicalValue, compareBytes, type Item, type TypeName, typeOf, type Value } from './values.ts';

type Section = 'SET' | 'REMOVE' | 'ADD' | 'DELETE';
type Read = Operand['read'];
/** Puts at the path what is read of the old item, or removes what is there. */
type Action = { path: Path; read: Read };

/** One parsed UpdateExpression. */
export type Update = {
  actions: readonly Action[];
  checks: readonly Check[];
  names: ReadonlySet<string>;
  values: ReadonlySet<string>;
};

const ADDABLE: readonly TypeName[] = ['N', 'SS', 'NS', 'BS'];
const SETS: readonly TypeName[] = ['SS', 'NS', 'BS'];

export function parseUpdate(text: string): Update {
  const tokens = new Tokens(text, 'UpdateExpression');
  const checks: Check[] = [];
  const actions: Action[] = [];
  const seen = new Set<string>();
  do {
    const section = tokens.take().toUpperCase();
    if (!isSection(section)) throw tokens.wrong(`Syntax error; token: "${section}"`);
    if (seen.has(section))
      throw tokens.wrong(`The "${section}" section can only be used once in an update expression;`);
    seen.add(section);
    do actions.push(takeAction(tokens, section, checks));
    while (tokens.takeIf(','));
  } while (tokens.next !== undefined);
  const paths = actions.map(({ path }) => path);
  if (paths.length > 1) checks.push(({ names }) => checkDisjoint(resolveAll(paths, names), 'UpdateExpression'));
  return { actions, checks, names: tokens.names, values: tokens.values };
}

const isSection = (word: string): word is Section => ['SET', 'REMOVE', 'ADD', 'DELETE'].includes(word);

/** The paths that an update names, in its order. */
export const updatedPaths = ({ actions }: Update, names: Names): Steps[] =>
  actions.map(({ path }) => resolve(path, names));

const resolveAll = (paths: readonly Path[], names: Names): Steps[] => paths.map((path) => resolve(path, names));

/** A new item; the old one, which all operands are read from, stays as it is. Throws a ValidationException. */
export function applyUpdate({ actions }: Update, old: Item, bound: Bound): Item {
  return applyChanges(
    old,
    actions.map(({ path, read }) => ({ steps: resolve(path, bound.names), value: read(old, bound) })),
  );
}

function takeAction(tokens: Tokens, section: Section, checks: Check[]): Action {
  const path = takePath(tokens);
  if (section === 'REMOVE') return { path, read: () => undefined };
  if (section === 'SET') {
    tokens.expect('=');
    return { path, read: takeAssigned(tokens, checks) };
  }
  const change = takeConstant(tokens);
  const combine = section === 'ADD' ? added : without;
  requireType(tokens, checks, section, [change], section === 'ADD' ? ADDABLE : SETS);
  return {
    path,
    read: (item, bound) => combine(readPath(item, resolve(path, bound.names)), change.read(item, bound) as Value),
  };
}

/** The right-hand side of SET: an operand, a sum or difference of two, or a list_append. */
function takeAssigned(tokens: Tokens, checks: Check[]): Read {
  const left = takeTerm(tokens, checks);
  const sign = tokens.next;
  if (sign !== '+' && sign !== '-') return required(left);
  tokens.take();
  const right = takeTerm(tokens, checks);
  requireType(tokens, checks, sign, [left, right], ['N']);
  const [one, other] = [required(left), required(right)];
  const combine = sign === '+' ? addNumbers : subtractNumbers;
  return (item, bound) => {
    const [a, b] = [one(item, bound).N, other(item, bound).N];
    if (a === undefined || b === undefined) throw wrongType();
    return { N: combine(a, b) };
  };
}

function takeTerm(tokens: Tokens, checks: Check[]): Operand {
  if (tokens.takeIf('(')) {
    const inner: Operand = { read: takeAssigned(tokens, checks) };
    tokens.expect(')');
    return inner;
  }
  if (!isCall(tokens)) return takeOperand(tokens);
  const name = tokens.take();
  tokens.take();
  if (name === 'if_not_exists') return takeIfNotExists(tokens, checks);
  if (name === 'list_append') return takeListAppend(tokens, checks);
  throw tokens.wrong(`Invalid function name; function: ${name}`);
}

function takeIfNotExists(tokens: Tokens, checks: Check[]): Operand {
  const attribute = takeAttribute(tokens);
  tokens.expect(',');
  const fallback = takeTerm(tokens, checks);
  tokens.expect(')');
  return { read: (item, bound) => attribute.read(item, bound) ?? fallback.read(item, bound) };
}

function takeListAppend(tokens: Tokens, checks: Check[]): Operand {
  const [front, back, more] = takeArguments(tokens, () => {
    if (tokens.next === 'list_append') throw tokens.wrong('The function is not allowed to be used this way');
    return takeTerm(tokens, checks);
  });
  if (!front || !back || more) throw tokens.wrong('Incorrect number of operands for function list_append');
  requireType(tokens, checks, 'list_append', [front, back], ['L']);
  const [one, other] = [required(front), required(back)];
  return {
    read: (item, bound) => {
      const [first, second] = [one(item, bound).L, other(item, bound).L];
      if (!first || !second) throw wrongType();
      return { L: [...first, ...second] };
    },
  };
}

const required =
  ({ read }: Operand) =>
  (item: Item, bound: Bound): Value => {
    const value = read(item, bound);
    if (!value) throw validation('The provided expression refers to an attribute that does not exist in the item');
    return value;
  };

const wrongType = () => validation('An operand in the update expression has an incorrect data type');

/** ADD: a number to a number, members to a set of their type; what is missing counts as 0 or empty. */
function added(current: Value | undefined, change: Value): Value {
  if (!current) return change;
  if (current.N !== undefined && change.N !== undefined) return { N: addNumbers(current.N, change.N) };
  return canonicalValue(
    combineSets(current, change, (members, more, isIn) => [
      ...members,
      ...more.filter((member) => !isIn(members, member)),
    ]) as Value,
  );
}

/** DELETE: a set without these members; a set without any members is not there. */
function without(current: Value | undefined, change: Value): Value | undefined {
  if (!current) return undefined;
  return combineSets(current, change, (members, fewer, isIn) => members.filter((member) => !isIn(fewer, member)));
}

type Combine = <T>(members: T[], other: T[], isIn: (list: T[], member: T) => boolean) => T[];

function combineSets(current: Value, change: Value, combine: Combine): Value | undefined {
  const isIn = <T>(list: T[], member: T): boolean => list.includes(member);
  const hasBytes = (list: Uint8Array[], member: Uint8Array) => list.some((bytes) => compareBytes(bytes, member) === 0);
  const { SS, NS, BS } = current;
  let combined: Value;
  if (SS && change.SS) combined = { SS: combine(SS, change.SS, isIn) };
  else if (NS && change.NS) combined = { NS: combine(NS, change.NS, isIn) };
  else if (BS && change.BS) combined = { BS: combine(BS, change.BS, hasBytes) };
  else throw wrongType();
  return (combined.SS ?? combined.NS ?? combined.BS)?.length ? combined : undefined;
}

function requireType(
  tokens: Tokens,
  checks: Check[],
  what: string,
  operands: readonly Operand[],
  types: readonly TypeName[],
): void {
  for (const { constant } of operands) {
    if (constant === undefined) continue;
    checks.push(({ values }) => {
      const value = values[constant];
      if (value && !types.includes(typeOf(value)))
        throw tokens.wrong(`Incorrect operand type for operator or function; operator or function: ${what}`);
    });
  }
}
