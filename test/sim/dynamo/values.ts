import { canonicalNumber, compareNumbers } from './decimal.ts';
import { validation } from './errors.ts';

/** An AttributeValue of which exactly one field is there; inside the table it is canonical and never changed. */
export type Value = {
  S?: string;
  N?: string;
  B?: Uint8Array;
  BOOL?: boolean;
  NULL?: boolean;
  SS?: string[];
  NS?: string[];
  BS?: Uint8Array[];
  L?: Value[];
  M?: Item;
};
export type Item = { [name: string]: Value };
export type TypeName = keyof Value;

export const TYPE_NAMES: readonly TypeName[] = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'];
/** DynamoDB's limit is 32 levels, and a value that is no document takes the last. */
const MAX_DEPTH = 31;

/** The one type of a value that `canonicalValue` let through. */
export function typeOf(value: Value): TypeName {
  for (const name in value) return name as TypeName;
  throw new Error('a value without a type');
}

/** A validated copy with canonical numbers and ordered sets: nothing of it is shared with the caller. */
export function canonicalItem(item: Item, depth = 0): Item {
  const copy: Item = {};
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    if (name === '') throw validation('Empty attribute name');
    copy[name] = canonicalValue(value, depth);
  }
  return copy;
}

export function canonicalValue(value: Value, depth = 0): Value {
  if (value.S !== undefined && isAlone(value)) return { S: text(value.S) };
  if (value.N !== undefined && isAlone(value)) return { N: canonicalNumber(text(value.N)) };
  const types = TYPE_NAMES.filter((name) => value[name] !== undefined);
  const [type] = types;
  if (type === undefined)
    throw validation('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  if (types.length > 1)
    throw validation(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  if (type === 'L' || type === 'M') return canonicalDocument(value, depth + 1);
  if (type === 'BOOL') return { BOOL: value.BOOL === true };
  if (type === 'B') return { B: Uint8Array.from(value.B as Uint8Array) };
  if (type === 'NULL') {
    if (value.NULL !== true) throw validation('Null attribute value types must have the value of true');
    return { NULL: true };
  }
  return canonicalSet(value);
}

/** A copy of something canonical, for handing out. */
export function copyItem(item: Item): Item {
  const copy: Item = {};
  for (const name in item) copy[name] = copyValue(item[name] as Value);
  return copy;
}

function copyValue(value: Value): Value {
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.M) return { M: copyItem(value.M) };
  if (value.L) return { L: value.L.map(copyValue) };
  if (value.B) return { B: value.B.slice() };
  if (value.SS) return { SS: [...value.SS] };
  if (value.NS) return { NS: [...value.NS] };
  if (value.BS) return { BS: value.BS.map((bytes) => bytes.slice()) };
  return { ...value };
}

/** Equality of canonical values: types differ, values differ. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return a.N === b.N;
  if (a.M) return b.M !== undefined && equalItems(a.M, b.M);
  if (a.L) return b.L !== undefined && equalLists(a.L, b.L, equalValues);
  if (a.B) return b.B !== undefined && compareBytes(a.B, b.B) === 0;
  if (a.SS) return b.SS !== undefined && equalLists(a.SS, b.SS, Object.is);
  if (a.NS) return b.NS !== undefined && equalLists(a.NS, b.NS, Object.is);
  if (a.BS) return b.BS !== undefined && equalLists(a.BS, b.BS, (one, other) => compareBytes(one, other) === 0);
  return a.BOOL === b.BOOL && a.NULL === b.NULL;
}

export function equalItems(a: Item, b: Item): boolean {
  let names = 0;
  for (const name in a) {
    const other = Object.hasOwn(b, name) ? b[name] : undefined;
    if (other === undefined || !equalValues(a[name] as Value, other)) return false;
    names += 1;
  }
  return Object.keys(b).length === names;
}

/** Order of two canonical values of one scalar type (S, N, B); undefined where DynamoDB has no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S);
  if (a.B && b.B) return compareBytes(a.B, b.B);
  return undefined;
}

/** Order by UTF-8 bytes, which differs from JavaScript's where surrogates meet U+E000 and above. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const one = a.charCodeAt(index);
    const other = b.charCodeAt(index);
    if (one !== other) return codeOrder(one) - codeOrder(other);
  }
  return a.length - b.length;
}

export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

/** Moves surrogates, which stand for U+10000 and above, behind the rest of the basic plane. */
function codeOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function isAlone(value: Value): boolean {
  let fields = 0;
  for (const name in value) if (value[name as TypeName] !== undefined) fields += 1;
  return fields === 1;
}

function text(value: string): string {
  if (typeof value !== 'string') throw validation('A value of type S or N must be a string');
  return value;
}

export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH)
    throw validation(
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    );
}

function canonicalDocument({ L, M }: Value, depth: number): Value {
  checkDepth(depth);
  if (L) return { L: L.map((element) => canonicalValue(element, depth)) };
  return { M: canonicalItem(M as Item, depth) };
}

function canonicalSet({ SS, NS, BS }: Value): Value {
  if (SS) return { SS: distinct([...SS], compareText) };
  if (NS) return { NS: distinct(NS.map(canonicalNumber), compareNumbers) };
  return {
    BS: distinct(
      (BS ?? []).map((bytes) => Uint8Array.from(bytes)),
      compareBytes,
    ),
  };
}

function distinct<T>(members: T[], compare: (a: T, b: T) => number): T[] {
  if (members.length === 0) throw validation('One or more parameter values were invalid: A set may not be empty');
  members.sort(compare);
  for (let index = 1; index < members.length; index += 1) {
    if (compare(members[index - 1] as T, members[index] as T) === 0)
      throw validation('One or more parameter values were invalid: Input collection contains duplicates');
  }
  return members;
}

function equalLists<T>(a: readonly T[], b: readonly T[], equal: (one: T, other: T) => boolean): boolean {
  return a.length === b.length && a.every((element, index) => equal(element, b[index] as T));
}
