import { createRandom } from '#local/random.ts';
import type { Item, Value } from './values.ts';

export type Source = {
  /** An integer from 0 up to, but not with, `below`. */
  int: (below: number) => number;
  chance: (share: number) => boolean;
  one: <T>(choices: readonly T[]) => T;
};

export function sourceOf(seed: number): Source {
  const { next, chance, pick } = createRandom(seed);
  return { chance, one: pick, int: (below) => Math.floor(next() * below) };
}

const INTEGERS = ['-7', '-1', '0', '1', '2', '3', '5', '10', '41', '1000'];
const DECIMALS = ['0.1', '0.2', '-1.5', '2.50', '1e3', '1E-2', '00012', '+4', '.5', '-0'];
const LARGE = [
  '12345678901234567890123456789012345678',
  '-99999999999999999999999999999999999999',
  '1e100',
  '9007199254740993',
  '1e-30',
];
const TEXTS = ['', 'a', 'ab', 'abc', 'b', 'é', 'ｚ', 'milk', 'S', 'NS'];

/** Small keys, so that most operations meet what others have left. */
export const PKS = ['p', 'q'] as const;
export const SKS = ['a', 'a1', 'a2', 'a3', 'b', 'b1', 'é', 'ｚ', '😀'] as const;

function randomNumber({ chance, one }: Source): string {
  if (chance(0.8)) return one(INTEGERS);
  return chance(0.6) ? one(DECIMALS) : one(LARGE);
}

const bytes = ({ int }: Source): Uint8Array => Uint8Array.from({ length: int(4) }, () => int(3));

function distinct<T>(members: T[]): T[] {
  return [...new Map(members.map((member) => [String(member), member])).values()];
}

const members = <T>(source: Source, member: () => T): T[] =>
  distinct(Array.from({ length: 1 + source.int(4) }, member));

export const randomOf: Record<'N' | 'S' | 'B' | 'SS' | 'NS' | 'BS' | 'BOOL' | 'NULL', (source: Source) => Value> = {
  N: (source) => ({ N: randomNumber(source) }),
  S: (source) => ({ S: source.chance(0.05) ? 'x'.repeat(source.int(6000)) : source.one(TEXTS) }),
  B: (source) => ({ B: bytes(source) }),
  SS: (source) => ({ SS: members(source, () => source.one(TEXTS)) }),
  NS: (source) => ({ NS: members(source, () => source.one(INTEGERS)) }),
  BS: (source) => ({ BS: members(source, () => bytes(source)) }),
  BOOL: ({ chance }) => ({ BOOL: chance(0.5) }),
  NULL: () => ({ NULL: true }),
};

function randomScalar(source: Source): Value {
  return randomOf[source.one(['N', 'N', 'S', 'S', 'B', 'BOOL', 'NULL'] as const)](source);
}

function randomList(source: Source, depth = 0): Value {
  return { L: Array.from({ length: source.int(4) }, () => randomElement(source, depth + 1)) };
}

function randomMap(source: Source, depth = 0): Value {
  const names = ['a', 'b', 'l'].filter(() => source.chance(0.6));
  return {
    M: Object.fromEntries(
      names.map((name) => [name, name === 'l' ? randomList(source, depth + 1) : randomElement(source, depth + 1)]),
    ),
  };
}

function randomElement(source: Source, depth: number): Value {
  if (depth > 2 || source.chance(0.7)) return randomScalar(source);
  return source.chance(0.5) ? randomList(source, depth) : randomMap(source, depth);
}

export function randomValue(source: Source): Value {
  if (source.chance(0.6)) return randomScalar(source);
  const make = source.one([randomList, randomMap, randomOf.SS, randomOf.NS, randomOf.BS]);
  return make(source);
}

/** The attributes that expressions name, each with what it usually holds. Two are reserved words. */
export const ATTRIBUTES: Record<string, (source: Source) => Value> = {
  n: randomOf.N,
  left: randomOf.N,
  s: randomOf.S,
  state: randomOf.S,
  b: randomOf.B,
  t: randomOf.BOOL,
  ss: randomOf.SS,
  ns: randomOf.NS,
  bs: randomOf.BS,
  l: randomList,
  m: randomMap,
};

export function randomItem(source: Source): Item {
  const item: Item = {};
  for (const [name, make] of Object.entries(ATTRIBUTES)) {
    if (source.chance(0.55)) item[name] = source.chance(0.9) ? make(source) : randomValue(source);
  }
  return item;
}

export const randomKey = ({ one }: Source): Item => ({ pk: { S: one(PKS) }, sk: { S: one(SKS) } });
