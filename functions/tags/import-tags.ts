import { parse as parseCsv } from 'csv-parse/sync';
import { IdSchema } from '#core/model/common.ts';
import { type Tag, TagInputSchema } from '#core/model/tag.ts';
import { AddressTakenError } from '#store/directory.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { check } from '../shared/validate.ts';
import { contradictions, storeTag, whereErrors } from './tags.ts';

/** What gets written within the time that a request may take: two or three writes each. */
const MAX_TAGS = 5_000;
const AT_ONCE = 32;
const COLUMNS = ['tagId', 'uid', 'kind', 'name', 'screenId', 'placeId', 'gtin'];

type Rejection = { index: number; reason: string };

/**
 * `POST /v1/tags/import`: a CSV with a header line of `tagId, uid, kind, name, screenId, placeId, gtin`, of which `tagId`
 * or `uid` is needed: what has a UID signs, and is called by it where it has no other name. Each line is judged by
 * itself; the same list again changes nothing.
 */
export async function importTags(request: HttpRequest): Promise<HttpResponse> {
  const { db } = request.runtime;
  const owner = tenantOf(request);
  const rows = rowsOf(request.text);
  const known = new Map<string, Promise<unknown>>();
  const rejected: Rejection[] = [];
  const queue = rows.entries();
  const worker = async () => {
    for (const [index, row] of queue) {
      const read = tagOf(row);
      const errors = 'errors' in read ? read.errors : [];
      if ('tag' in read) errors.push(...contradictions(read.tag), ...(await whereErrors(db, owner, read.tag, known)));
      if ('tag' in read && errors.length === 0) {
        await storeTag(db, owner, read.tag).catch((error: unknown) => {
          if (!(error instanceof AddressTakenError)) throw error;
          errors.push({ pointer: '/tagId', detail: 'is somebody else’s' });
        });
      }
      if (errors.length > 0) rejected.push({ index, reason: errors.map(words).join('; ') });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  rejected.sort((left, right) => left.index - right.index);
  return { status: 200, body: { imported: rows.length - rejected.length, rejected } };
}

const words = ({ pointer, detail }: FieldError): string => `${pointer.slice(1) || 'line'}: ${detail}`;

function tagOf(row: Record<string, string>): { tag: Tag } | { errors: FieldError[] } {
  const { tagId = row.uid ?? '', ...rest } = row;
  const kind = rest.kind ?? (rest.uid === undefined ? 'qr' : 'ntag424');
  const [id, input] = [check(IdSchema, tagId, '/tagId'), check(TagInputSchema, { ...rest, kind })];
  if (id.ok && input.ok) return { tag: { tagId, ...input.value } };
  return { errors: [id, input].flatMap((result) => (result.ok ? [] : result.errors)) };
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
