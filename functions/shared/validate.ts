import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type FieldError, Problem } from './problem.ts';

// zod/mini carries no words of its own.
z.config(en());

/** No body of ours nests deeper; a recursive schema on a deeper one would exhaust the stack. */
const MAX_DEPTH = 32;
/** More errors than this help nobody. */
const MAX_ERRORS = 50;

/** The value as the schema's type, or a 400 that names each wrong field. `at` is where the value lies in the body. */
export function validate<S extends z.ZodMiniType>(schema: S, value: unknown, at = ''): z.infer<S> {
  const result = check(schema, value, at);
  if (!result.ok) throw new Problem('invalid-input', `${result.errors.length} field(s) are not valid`, result.errors);
  return result.value;
}

/** The same without throwing. */
export function check<S extends z.ZodMiniType>(
  schema: S,
  value: unknown,
  at = '',
): { ok: true; value: z.infer<S> } | { ok: false; errors: FieldError[] } {
  if (nestsDeeperThan(value, MAX_DEPTH)) {
    return { ok: false, errors: [{ pointer: at, detail: `is nested deeper than ${MAX_DEPTH} levels` }] };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, errors: result.error.issues.flatMap((issue) => fieldErrors(issue, at)).slice(0, MAX_ERRORS) };
}

function fieldErrors(issue: z.core.$ZodIssue, at: string): FieldError[] {
  const pointer = at + issue.path.map((step) => `/${escapeStep(String(step))}`).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: `${pointer}/${escapeStep(key)}`, detail: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return closest(issue.errors).flatMap((nested) => fieldErrors(nested, pointer));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((nested) => ({ pointer, detail: nested.message }));
  }
  return [{ pointer, detail: issue.message }];
}

/** Of a union's branches the one that got furthest into the value: that is what the client meant. */
function closest(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const badness = (issues: readonly z.core.$ZodIssue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return [...branches].sort((left, right) => badness(left) - badness(right))[0] ?? [];
}

const escapeStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

function nestsDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => nestsDeeperThan(child, depth - 1));
}
