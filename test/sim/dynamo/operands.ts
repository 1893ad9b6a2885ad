import { isWord, type Tokens } from './lexer.ts';
import { type Names, type Path, readPath, resolve, takePath } from './paths.ts';
import type { Item, Value } from './values.ts';

/** What the placeholders of one request stand for. */
export type Bound = { names: Names; values: Readonly<Record<string, Value>> };
/** Something that is wrong whatever the item holds, found before it is looked at. */
export type Check = (bound: Bound) => void;

export type Test = (item: Item, bound: Bound) => boolean;
/** What the parsing functions of a condition share; `paths` are what it reads. */
export type Parsing = { tokens: Tokens; checks: Check[]; paths: Path[]; lastGroup?: Test };

export type Operand = {
  read: (item: Item, bound: Bound) => Value | undefined;
  path?: Path;
  /** The placeholder, where the operand is a constant. */
  constant?: string;
};

/** Whether a call `word(` comes next. */
export const isCall = (tokens: Tokens): boolean => isWord(tokens.next) && tokens.afterNext === '(';

export function takeOperand(tokens: Tokens): Operand {
  return tokens.next?.startsWith(':') ? takeConstant(tokens) : takeAttribute(tokens);
}

export function takeConstant(tokens: Tokens): Operand {
  const constant = tokens.takeValue();
  return { constant, read: (_item, { values }) => values[constant] };
}

export function takeAttribute(tokens: Tokens): Operand {
  const path = takePath(tokens);
  const [only] = path.steps;
  // Most paths are one plain name: read it without a detour.
  if (path.steps.length === 1 && typeof only === 'string' && !path.hasPlaceholder)
    return { path, read: (item) => (Object.hasOwn(item, only) ? item[only] : undefined) };
  return { path, read: (item, { names }) => readPath(item, resolve(path, names)) };
}

/** The comma-separated arguments of a call whose name and opening parenthesis have been taken. */
export function takeArguments<T>(tokens: Tokens, takeOne: () => T): T[] {
  const list = [takeOne()];
  while (tokens.takeIf(',')) list.push(takeOne());
  tokens.expect(')');
  return list;
}
