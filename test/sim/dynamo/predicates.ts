import { compareNumbers } from './decimal.ts';
import {
  type Bound,
  isCall,
  type Operand,
  type Parsing,
  type Test,
  takeArguments,
  takeAttribute,
  takeOperand,
} from './operands.ts';
import { resolve, samePath } from './paths.ts';
import { compareBytes, compareValues, equalValues, TYPE_NAMES, type TypeName, typeOf, type Value } from './values.ts';

/** DynamoDB's limit for the right-hand side of IN. */
const MAX_IN_OPERANDS = 100;

type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';
type Order = Exclude<Comparator, '=' | '<>'>;
const ORDERS: Record<Order, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};
const ORDERED_TYPES: readonly TypeName[] = ['S', 'N', 'B'];

/** `a < b`, `a BETWEEN b AND c`, `a IN (b, c)`. A value that is missing makes each of them false, except `<>`. */
export function takeComparison(parsing: Parsing): Test {
  const { tokens } = parsing;
  const left = takeSide(parsing);
  if (tokens.takeIf('BETWEEN')) return takeBetween(parsing, left);
  if (tokens.takeIf('IN')) return takeIn(parsing, left);
  const comparator = tokens.next as Comparator;
  if (comparator !== '=' && comparator !== '<>' && !Object.hasOwn(ORDERS, comparator ?? '')) throw tokens.syntax();
  tokens.take();
  const right = takeSide(parsing);
  requireDistinct(parsing, comparator, [left, right]);
  if (comparator === '=') return equality(left, right);
  if (comparator === '<>') {
    const equal = equality(left, right);
    return (item, bound) => !equal(item, bound);
  }
  requireTypes(parsing, comparator, [left, right], ORDERED_TYPES);
  const holds = ORDERS[comparator];
  return (item, bound) => {
    const order = orderOf(left.read(item, bound), right.read(item, bound));
    return order !== undefined && holds(order);
  };
}

/** The functions that are conditions by themselves; `size` is an operand. Their names are met in lower case only. */
export function takeFunction(parsing: Parsing): Test {
  const { tokens } = parsing;
  const name = tokens.take();
  const take = FUNCTIONS.get(name);
  if (!take) throw tokens.wrong(`Invalid function name; function: ${name}`);
  tokens.take();
  return take(parsing);
}

const FUNCTIONS = new Map<string, (parsing: Parsing) => Test>([
  ['attribute_exists', (parsing) => existence(parsing, true)],
  ['attribute_not_exists', (parsing) => existence(parsing, false)],
  ['attribute_type', takeAttributeType],
  ['begins_with', takeBeginsWith],
  ['contains', takeContains],
]);

function existence(parsing: Parsing, wanted: boolean): Test {
  const [attribute] = noted(
    parsing,
    takeArguments(parsing.tokens, () => takeAttribute(parsing.tokens)),
    1,
  );
  return (item, bound) => (attribute?.read(item, bound) !== undefined) === wanted;
}

function takeAttributeType(parsing: Parsing): Test {
  const { tokens } = parsing;
  const [attribute, type] = noted(
    parsing,
    takeArguments(tokens, () => takeOperand(tokens)),
    2,
  );
  if (!attribute?.path || !type?.constant) throw tokens.wrong('attribute_type takes a path and a type');
  requireTypes(parsing, 'attribute_type', [type], ['S']);
  parsing.checks.push((bound) => {
    const name = constantOf(type, bound)?.S;
    if (!TYPE_NAMES.some((known) => known === name))
      throw tokens.wrong(`Invalid attribute type name found; type: ${name}`);
  });
  return (item, bound) => {
    const value = attribute.read(item, bound);
    return value !== undefined && typeOf(value) === type.read(item, bound)?.S;
  };
}

function takeBeginsWith(parsing: Parsing): Test {
  const [whole, prefix] = takePair(parsing, 'begins_with');
  requireTypes(parsing, 'begins_with', [whole, prefix], ['S', 'B']);
  return (item, bound) => beginsWith(whole.read(item, bound), prefix.read(item, bound));
}

function takeContains(parsing: Parsing): Test {
  const [whole, part] = takePair(parsing, 'contains');
  return (item, bound) => contains(whole.read(item, bound), part.read(item, bound));
}

function takePair(parsing: Parsing, name: string): [Operand, Operand] {
  const { tokens } = parsing;
  const [first, second] = noted(
    parsing,
    takeArguments(tokens, () => takeOperand(tokens)),
    2,
  );
  requireDistinct(parsing, name, [first as Operand, second as Operand]);
  return [first as Operand, second as Operand];
}

/** An operand of a comparison: an attribute, a constant, the size of one, or one of these in parentheses. */
function takeSide(parsing: Parsing): Operand {
  const { tokens } = parsing;
  if (tokens.takeIf('(')) {
    const inner = takeSide(parsing);
    tokens.expect(')');
    return inner;
  }
  if (!isCall(tokens)) return noted(parsing, [takeOperand(tokens)], 1)[0] as Operand;
  if (tokens.next !== 'size') throw tokens.wrong(`Invalid function name; function: ${tokens.next}`);
  tokens.take();
  tokens.take();
  const [measured] = noted(
    parsing,
    takeArguments(tokens, () => takeOperand(tokens)),
    1,
  );
  return { read: (item, bound) => sizeOf(measured?.read(item, bound)) };
}

function takeBetween(parsing: Parsing, value: Operand): Test {
  const { tokens, checks } = parsing;
  const low = takeSide(parsing);
  tokens.expect('AND');
  const high = takeSide(parsing);
  requireDistinct(parsing, 'BETWEEN', [value, low, high]);
  requireTypes(parsing, 'BETWEEN', [value, low, high], ORDERED_TYPES);
  checks.push((bound) => {
    const [from, to] = [constantOf(low, bound), constantOf(high, bound)];
    if (!from || !to) return;
    const order = compareValues(from, to);
    if (order === undefined) throw tokens.wrong('The BETWEEN operator requires same data type for both bounds');
    if (order > 0) throw tokens.wrong('The BETWEEN operator requires upper bound to be at least the lower bound');
  });
  return (item, bound) => {
    const middle = value.read(item, bound);
    const above = orderOf(low.read(item, bound), middle);
    const below = orderOf(middle, high.read(item, bound));
    return above !== undefined && above <= 0 && below !== undefined && below <= 0;
  };
}

function takeIn(parsing: Parsing, value: Operand): Test {
  const { tokens } = parsing;
  tokens.expect('(');
  const candidates = takeArguments(tokens, () => takeSide(parsing));
  if (candidates.length > MAX_IN_OPERANDS) throw tokens.wrong('The IN operator is provided with too many operands');
  requireDistinct(parsing, 'IN', [value, ...candidates]);
  const tests = candidates.map((candidate) => equality(value, candidate));
  return (item, bound) => tests.some((test) => test(item, bound));
}

const equality =
  (left: Operand, right: Operand): Test =>
  (item, bound) => {
    const a = left.read(item, bound);
    const b = right.read(item, bound);
    return a !== undefined && b !== undefined && equalValues(a, b);
  };

const orderOf = (a: Value | undefined, b: Value | undefined): number | undefined => a && b && compareValues(a, b);

function beginsWith(whole: Value | undefined, prefix: Value | undefined): boolean {
  if (whole?.S !== undefined && prefix?.S !== undefined) return whole.S.startsWith(prefix.S);
  if (whole?.B && prefix?.B) return compareBytes(whole.B.subarray(0, prefix.B.length), prefix.B) === 0;
  return false;
}

function contains(whole: Value | undefined, part: Value | undefined): boolean {
  if (!whole || !part) return false;
  const { S, N, B } = part;
  if (whole.L) return whole.L.some((element) => equalValues(element, part));
  if (S !== undefined) return (whole.S ?? whole.SS)?.includes(S) ?? false;
  if (N !== undefined) return whole.NS?.some((member) => compareNumbers(member, N) === 0) ?? false;
  if (!B) return false;
  if (whole.BS) return whole.BS.some((member) => compareBytes(member, B) === 0);
  return whole.B ? Buffer.from(whole.B).includes(Buffer.from(B)) : false;
}

/** UTF-16 units of a string, bytes of a binary, members of a set, elements of a document; numbers and the like have no size. */
function sizeOf(value: Value | undefined): Value | undefined {
  if (!value) return undefined;
  const { S, B, SS, NS, BS, L, M } = value;
  const size = (S ?? B ?? SS ?? NS ?? BS ?? L ?? (M && Object.keys(M)))?.length;
  return size === undefined ? undefined : { N: String(size) };
}

const constantOf = ({ constant }: Operand, { values }: Bound): Value | undefined =>
  constant === undefined ? undefined : values[constant];

/** Remembers the paths that are read, and refuses a wrong number of arguments. */
function noted(parsing: Parsing, operands: Operand[], count: number): Operand[] {
  if (operands.length !== count)
    throw parsing.tokens.wrong(`Incorrect number of operands for operator or function: ${operands.length}`);
  for (const { path } of operands) if (path) parsing.paths.push(path);
  return operands;
}

function requireTypes({ tokens, checks }: Parsing, what: string, operands: Operand[], types: readonly TypeName[]) {
  for (const operand of operands) {
    if (operand.constant === undefined) continue;
    checks.push((bound) => {
      const value = constantOf(operand, bound);
      const type = value && typeOf(value);
      if (type && !types.includes(type))
        throw tokens.wrong(
          `Incorrect operand type for operator or function; operator or function: ${what}, operand type: ${type}`,
        );
    });
  }
}

function requireDistinct({ tokens, checks }: Parsing, what: string, [first, ...rest]: Operand[]): void {
  const path = first?.path;
  if (!path) return;
  const others = rest.flatMap((operand) => operand.path ?? []);
  if (others.length === 0) return;
  checks.push(({ names }) => {
    const steps = resolve(path, names);
    if (others.some((other) => samePath(steps, resolve(other, names))))
      throw tokens.wrong(
        `The first operand must be distinct from the remaining operands for this operator or function: ${what}`,
      );
  });
}
