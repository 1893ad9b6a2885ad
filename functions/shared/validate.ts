import { isUtf8 } from 'node:buffer';
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { FIRST_FAULT } from '#core/model/first-fault.ts';
import { type FieldError, Problem } from './problem.ts';

// zod/mini carries no words of its own.
z.config(en());

/** No body of ours nests deeper; a recursive schema on a deeper one would exhaust the stack. */
const MAX_DEPTH = 32;
/** In a value of more parts than this not every fault is looked for. */
const MANY_PARTS = 10_000;
/** More errors than this help nobody. */
const MAX_ERRORS = 50;
/** A clock may be this much ahead of ours; what happened later than that would shadow all that really happens. */
const MAX_AHEAD_MS = 5 * 60_000;

/** A body as JSON (RFC 8259: UTF-8), or a 400 that says where it stops being that, and never quotes it. */
export function parseJson(bytes: Buffer): unknown {
  const refuse = (detail: string) => new Problem('invalid-input', 'the body is not JSON', [{ pointer: '', detail }]);
  if (!isUtf8(bytes)) throw refuse('is not UTF-8');
  if (opensDeeperThan(bytes, MAX_DEPTH)) throw refuse(`is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const where = /position (\d+)/.exec(String(error))?.[1];
    throw refuse(where ? `stops being JSON at character ${where}` : 'is not JSON');
  }
}

/** What is wrong with a time at which something is said to have happened. */
export function timeErrors(at: string, pointer: string, now: number): FieldError[] {
  const ms = Date.parse(at);
  // Outside four-digit years, a time is written in a form that no schema of ours reads again.
  if (!(ms >= 0)) return [{ pointer, detail: 'is before 1970' }];
  return ms > now + MAX_AHEAD_MS ? [{ pointer, detail: 'is more than five minutes in the future' }] : [];
}

/** The value as the schema's type, or a 400 that names each wrong field. `at` is where the value lies in the body. */
export function validate<S extends z.ZodMiniType>(schema: S, value: unknown, at = ''): z.infer<S> {
  const result = check(schema, value, at);
  if (!result.ok) throw new Problem('invalid-input', `${result.errors.length} field(s) are not valid`, result.errors);
  return result.value;
}

type Checked<T> = { ok: true; value: T } | { ok: false; errors: FieldError[] };

/** The same without throwing. */
export function check<S extends z.ZodMiniType>(schema: S, value: unknown, at = ''): Checked<z.infer<S>> {
  const unsound = findUnsound(value, MAX_DEPTH);
  if (unsound) return { ok: false, errors: [{ ...unsound, pointer: at + unsound.pointer }] };
  return checkPart(schema, value, at);
}

/** The same of a part of what has been checked: what no value may hold, wherever it lies, is not looked for again. */
export function checkPart<S extends z.ZodMiniType>(schema: S, value: unknown, at: string): Checked<z.infer<S>> {
  // Of a large body the first fault of each list: zod keeps one for each of a million items, and overflows the stack.
  const first = schema.safeParse(value, FIRST_FAULT);
  if (first.success) return { ok: true, value: first.data };
  const result = isLarge(value) ? first : schema.safeParse(value);
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
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith(' received undefined');
  return [{ pointer, detail: isMissing ? 'is required' : issue.message }];
}

/** Of a union's branches the one that got furthest into the value, or else complains least: that is what the client meant. */
function closest(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map(({ path }) => path.length));
  const badness = (issues: readonly z.core.$ZodIssue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  const byMeaning = [...branches].sort((a, b) => depth(b) - depth(a) || badness(a) - badness(b));
  return byMeaning[0] ?? [];
}

const escapeStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * What no value may hold, wherever it lies: a depth that would exhaust the stack, text that is not Unicode (DynamoDB
 * refuses half a surrogate pair), and the one name that a zod record passes over without a word.
 */
function findUnsound(value: unknown, levels: number): FieldError | undefined {
  if (typeof value === 'string') {
    return value.isWellFormed() ? undefined : { pointer: '', detail: 'has half a surrogate pair: this is not text' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return { pointer: '', detail: `is nested deeper than ${MAX_DEPTH} levels` };
  for (const key of Object.keys(value)) {
    const found =
      key === '__proto__' || !key.isWellFormed()
        ? { pointer: '', detail: 'is not a name' }
        : findUnsound((value as Record<string, unknown>)[key], levels - 1);
    if (found) return { ...found, pointer: `/${escapeStep(key)}${found.pointer}` };
  }
  return undefined;
}

function isLarge(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let parts = 0; parts < open.length; parts += 1) {
    if (open.length > MANY_PARTS) return true;
    const part = open[parts];
    if (typeof part !== 'object' || part === null) continue;
    for (const key in part) {
      if (open.length > MANY_PARTS) return true;
      open.push((part as Record<string, unknown>)[key]);
    }
  }
  return false;
}

/** Counted before parsing: five megabytes of brackets would become half a gigabyte of arrays. */
function opensDeeperThan(json: Buffer, levels: number): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const symbol = json[index];
    if (inText) {
      if (symbol === BACKSLASH) index += 1;
      else if (symbol === QUOTE) inText = false;
    } else if (symbol === QUOTE) inText = true;
    else if (symbol === OPEN_BRACKET || symbol === OPEN_BRACE) depth += 1;
    else if (symbol === CLOSE_BRACKET || symbol === CLOSE_BRACE) depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}
const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = Buffer.from('"\\[]{}');
