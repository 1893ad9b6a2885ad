import * as z from 'zod/mini';
import type { HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { checkPart, timeErrors, validate } from '../shared/validate.ts';

/** What a body may hold beside its list. */
type Beside = Record<string, z.ZodMiniType>;
export type Sorted<T> = { accepted: T[]; rejected: { index: number; reason: string; errors: FieldError[] }[] };

/**
 * Takes the list under `name` from a body, and judges each item by itself. Made once: so is its schema of the list.
 * @throws Problem when the body is not such a list
 */
export function itemSorter<S extends z.ZodMiniType<{ at: string }>>({
  name,
  schema,
  max,
  beside = {},
}: {
  name: string;
  schema: S;
  max: number;
  beside?: Beside;
}): (body: unknown, now: number) => Sorted<z.infer<S>> {
  const listSchema = z.strictObject({ ...beside, [name]: z.array(z.unknown()).check(z.maxLength(max)) });
  return (body, now) => {
    const items = validate(listSchema, body)[name] as unknown[];
    const sorted: Sorted<z.infer<S>> = { accepted: [], rejected: [] };
    for (const [index, item] of items.entries()) {
      const result = checkPart(schema, item, `/${name}/${index}`);
      const errors = result.ok ? timeErrors(result.value.at, `/${name}/${index}/at`, now) : result.errors;
      if (result.ok && errors.length === 0) sorted.accepted.push(result.value);
      else sorted.rejected.push({ index, reason: errors.map(words).join('; '), errors });
    }
    return sorted;
  };
}

/** 202 with what was accepted and what was not; 400 when there is nothing in it that could be. */
export function acceptedResponse({ accepted, rejected }: Sorted<unknown>): HttpResponse {
  if (accepted.length === 0 && rejected.length > 0) {
    throw new Problem(
      'invalid-input',
      'nothing in it could be accepted',
      rejected.flatMap(({ errors }) => errors).slice(0, 50),
    );
  }
  return {
    status: 202,
    body: { accepted: accepted.length, rejected: rejected.map(({ index, reason }) => ({ index, reason })) },
  };
}

/** `lat: Too big…`: the field within the item, and what is wrong with it. */
const words = ({ pointer, detail }: FieldError): string =>
  `${pointer.split('/').slice(3).join('/') || 'item'}: ${detail}`;
