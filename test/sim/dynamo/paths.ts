import { validation } from './errors.ts';
import type { Tokens } from './lexer.ts';
import type { Item, Value } from './values.ts';

/** Attribute names (or `#placeholders`) and list positions, from the item downwards. */
export type Steps = readonly (string | number)[];
export type Path = { steps: Steps; hasPlaceholder: boolean };
export type Names = Readonly<Record<string, string>>;

export function takePath(tokens: Tokens): Path {
  const steps: (string | number)[] = [tokens.takeName()];
  for (;;) {
    if (tokens.takeIf('.')) steps.push(tokens.takeName());
    else if (tokens.takeIf('[')) {
      const position = tokens.take();
      if (!/^\d+$/.test(position)) throw tokens.wrong(`Syntax error; token: "${position}"`);
      steps.push(Number(position));
      tokens.expect(']');
    } else break;
  }
  return { steps, hasPlaceholder: steps.some((step) => typeof step === 'string' && step.startsWith('#')) };
}

/** The steps with their placeholders replaced; that each is defined has been checked. */
export function resolve({ steps, hasPlaceholder }: Path, names: Names): Steps {
  if (!hasPlaceholder) return steps;
  return steps.map((step) => (typeof step === 'string' && step.startsWith('#') ? (names[step] as string) : step));
}

export function readPath(item: Item, steps: Steps): Value | undefined {
  let value: Value | undefined = child({ M: item }, steps[0] as string);
  for (let index = 1; index < steps.length && value; index += 1) value = child(value, steps[index] as string | number);
  return value;
}

/** What a document holds at one step. */
export function child(parent: Value, step: string | number): Value | undefined {
  if (typeof step === 'number') return parent.L?.[step];
  return parent.M && Object.hasOwn(parent.M, step) ? parent.M[step] : undefined;
}

/** Refuses two paths of which one contains the other, or that take one thing for a list and for a map. */
export function checkDisjoint(paths: readonly Steps[], kind: string): void {
  for (let later = 1; later < paths.length; later += 1) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      const clash = clashOf(paths[earlier] as Steps, paths[later] as Steps);
      if (clash)
        throw validation(
          `Invalid ${kind}: Two document paths ${clash} with each other; must remove or rewrite one of these paths`,
        );
    }
  }
}

export const samePath = (a: Steps, b: Steps): boolean =>
  a.length === b.length && a.every((step, index) => step === b[index]);

/** The parts of an item at these paths; elements of a list keep their order and close ranks. */
export function project(item: Item, paths: readonly Steps[]): Item {
  const root: Wanted = new Map();
  for (const steps of paths) {
    let level = root;
    for (const step of steps) {
      const known: Wanted = level.get(step) ?? new Map();
      level.set(step, known);
      level = known;
    }
  }
  return pick({ M: item }, root)?.M ?? {};
}

type Wanted = Map<string | number, Wanted>;

function pick(value: Value, wanted: Wanted): Value | undefined {
  if (wanted.size === 0) return value;
  const steps = value.L ? [...wanted].sort(([a], [b]) => Number(a) - Number(b)) : [...wanted];
  const found = steps.flatMap(([step, deeper]): [string | number, Value][] => {
    const inner = child(value, step);
    const picked = inner && pick(inner, deeper);
    return picked ? [[step, picked]] : [];
  });
  if (found.length === 0) return undefined;
  return value.L ? { L: found.map(([, element]) => element) } : { M: Object.fromEntries(found) };
}

function clashOf(a: Steps, b: Steps): 'overlap' | 'conflict' | undefined {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    if (a[index] === b[index]) continue;
    return typeof a[index] === typeof b[index] ? undefined : 'conflict';
  }
  return 'overlap';
}
