import { validation } from './errors.ts';
import { child, type Steps } from './paths.ts';
import type { Item, Value } from './values.ts';

/** A value to put at a path, or with `undefined` the removal of what is there. */
export type Change = { steps: Steps; value: Value | undefined };

/** What changes within lists waits until all positions have been used: they mean the old list's. */
type Waiting = { appended: Map<Value[], [position: number, value: Value][]>; removed: Map<Value[], Set<number>> };

/** A new item with all changes made; documents that do not change are shared with the old one, which is left alone. */
export function applyChanges(old: Item, changes: readonly Change[]): Item {
  const item = { ...old };
  const owned = new Set<Value>();
  const waiting: Waiting = { appended: new Map(), removed: new Map() };
  for (const { steps, value } of changes) {
    const parent = ownedParent({ M: item }, steps, owned);
    const last = steps[steps.length - 1] as string | number;
    if (typeof last === 'number') changeList(parent, last, value, waiting);
    else changeMap(parent, last, value);
  }
  settle(waiting);
  return item;
}

/** The document that holds the last step, as a copy that only the new item has. */
function ownedParent(root: Value, steps: Steps, owned: Set<Value>): Value {
  let parent = root;
  for (const step of steps.slice(0, -1)) {
    const found = child(parent, step);
    if (!found?.L && !found?.M) throw invalidPath();
    const own = owned.has(found) ? found : found.L ? { L: [...found.L] } : { M: { ...found.M } };
    owned.add(own);
    if (parent.L) parent.L[step as number] = own;
    else if (parent.M) parent.M[step] = own;
    parent = own;
  }
  return parent;
}

function changeMap({ M }: Value, name: string, value: Value | undefined): void {
  if (!M) throw invalidPath();
  if (value === undefined) delete M[name];
  else M[name] = value;
}

function changeList({ L }: Value, position: number, value: Value | undefined, { appended, removed }: Waiting): void {
  if (!L) throw invalidPath();
  if (value === undefined) removed.set(L, (removed.get(L) ?? new Set()).add(position));
  else if (position < L.length) L[position] = value;
  else appended.set(L, [...(appended.get(L) ?? []), [position, value]]);
}

/** Beyond its end a list has no gaps: values are appended in the order of their positions. */
function settle({ appended, removed }: Waiting): void {
  for (const list of new Set([...removed.keys(), ...appended.keys()])) {
    const gone = removed.get(list);
    const kept = gone ? list.filter((_, position) => !gone.has(position)) : [...list];
    const more = (appended.get(list) ?? []).sort(([a], [b]) => a - b).map(([, value]) => value);
    list.splice(0, list.length, ...kept, ...more);
  }
}

const invalidPath = () => validation('The document path provided in the update expression is invalid for update');
