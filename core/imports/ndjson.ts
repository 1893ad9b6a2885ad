import type { Draft, Read } from './draft.ts';
import { linesOf } from './row.ts';

/** People as `PUT /v1/people/{personId}` takes them, one a line, with `personId` among the fields. */
export function* peopleFromNdjson(text: string): Generator<Read> {
  for (const { line, value } of objectsOf(text)) {
    if (typeof value === 'string') yield { line, reason: value };
    else yield personOf(line, value);
  }
}

function personOf(line: number, { personId, ...person }: Record<string, unknown>): Draft {
  return { line, personId, person };
}

/** The JSON object of each line, or why there is none. */
export function* objectsOf(
  text: string,
  parse: (json: string) => unknown = JSON.parse,
): Generator<{ line: number; value: Record<string, unknown> | string }> {
  for (const row of linesOf(text)) {
    yield { line: row.line, value: row.ok ? objectOf(row.value, parse) : row.reason };
  }
}

function objectOf(json: string, parse: (json: string) => unknown): Record<string, unknown> | string {
  try {
    const value = parse(json);
    return isObject(value) ? value : 'is not a JSON object';
  } catch {
    return 'is not JSON';
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
