import type { Document } from './examples.ts';

export type Node = { pointer: string; value: unknown };

/** Every member of a document, the document itself first. */
export function nodesOf(value: unknown, pointer = ''): Node[] {
  if (typeof value !== 'object' || value === null) return [{ pointer, value }];
  return [{ pointer, value }, ...Object.entries(value).flatMap(([key, child]) => nodesOf(child, `${pointer}/${key}`))];
}

/** The document with one member put in, replaced or, for `undefined`, left out. */
export function withMember(document: Document, pointer: string, value: unknown): Document {
  if (pointer === '') return value;
  const copy = structuredClone(document);
  const steps = pointer.slice(1).split('/');
  const last = steps.pop() ?? '';
  const parent = steps.reduce((node, step) => node[step], copy);
  // An own member, also where the name is `__proto__`.
  if (value === undefined) delete parent[last];
  else Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}
