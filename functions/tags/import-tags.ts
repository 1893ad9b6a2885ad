import { parse as parseCsv } from 'csv-parse/sync';
import { IdSchema } from '#core/model/common.ts';
import { type Tag, TagInputSchema } from '#core/model/tag.ts';
import { storeTags } from '#store/tags.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { check } from '../shared/validate.ts';
import { contradictions, tagFrom, whereIsMissing } from './tags.ts';

/** One owner's tags are one partition, which takes a thousand writes in a second: ten of the request's 25. */
const MAX_TAGS = 10_000;
const COLUMNS = ['tagId', 'uid', 'kind', 'name', 'screenId', 'placeId', 'gtin'];

type Line = { index: number; tag: Tag };

/**
 * `POST /v1/tags/import`: a CSV with a header line of `tagId, uid, kind, name, screenId, placeId, gtin`, of which `tagId`
 * or `uid` is needed: what has a UID signs, and is called by it where it has no other name. Each line is judged by
 * itself; the same list again changes nothing.
 */
export async function importTags(request: HttpRequest): Promise<HttpResponse> {
  const { db } = request.runtime;
  const owner = tenantOf(request);
  const rows = rowsOf(request.text);
  const rejected: { index: number; reason: string }[] = [];
  const reject = (index: number, errors: FieldError[]) =>
    rejected.push({ index, reason: errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join('; ') });

  const lines = new Map<string, Line>();
  for (const [index, row] of rows.entries()) {
    const { tag, errors } = tagOf(row);
    const first = tag && lines.get(tag.tagId);
    if (first) errors.push({ pointer: '/tagId', detail: `is the same as at index ${first.index}` });
    if (tag && errors.length === 0) lines.set(tag.tagId, { index, tag });
    else reject(index, errors);
  }
  const known = [...lines.values()];
  const whereErrors = await whereIsMissing(
    db,
    owner,
    known.map(({ tag }) => tag),
  );
  const placed = known.filter(({ index, tag }) => {
    const errors = whereErrors(tag);
    if (errors.length > 0) reject(index, errors);
    return errors.length === 0;
  });
  const taken = await storeTags(
    db,
    owner,
    placed.map(({ tag }) => tag),
  );
  for (const { index, tag } of placed) {
    if (taken.has(tag.tagId)) reject(index, [{ pointer: '/tagId', detail: 'is somebody else’s' }]);
  }
  rejected.sort((left, right) => left.index - right.index);
  return { status: 200, body: { imported: rows.length - rejected.length, rejected } };
}

function tagOf(row: Record<string, string>): { tag?: Tag; errors: FieldError[] } {
  const { tagId = row.uid?.toUpperCase() ?? '', ...rest } = row;
  const kind = rest.kind ?? (rest.uid === undefined ? 'qr' : 'ntag424');
  const [id, input] = [check(IdSchema, tagId, '/tagId'), check(TagInputSchema, { ...rest, kind })];
  if (!id.ok || !input.ok) return { errors: [id, input].flatMap((result) => (result.ok ? [] : result.errors)) };
  return { tag: tagFrom(tagId, input.value), errors: contradictions(input.value) };
}

function rowsOf(csv: string): Record<string, string>[] {
  const [header = [], ...rows] = parsed(csv);
  if (!header.includes('tagId') && !header.includes('uid'))
    throw notAList('needs a column tagId or uid in its first line');
  const unknown = header.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined) throw notAList(`has a column that is none of ${COLUMNS.join(', ')}`);
  if (rows.length > MAX_TAGS) throw notAList(`has more than ${MAX_TAGS} tags; send them in parts`);
  return rows.map((row) =>
    Object.fromEntries(header.flatMap((column, at) => (row[at] ? [[column, row[at]] as const] : []))),
  );
}

function parsed(csv: string): string[][] {
  try {
    return parseCsv(csv, { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true });
  } catch {
    throw notAList('is not CSV');
  }
}

const notAList = (detail: string) =>
  new Problem('invalid-input', 'the body is no list of tags; nothing was imported', [{ pointer: '', detail }]);
