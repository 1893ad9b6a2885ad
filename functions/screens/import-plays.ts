import { isUtf8 } from 'node:buffer';
import { parse as parseCsv } from 'csv-parse/sync';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import * as z from 'zod/mini';
import { TimeZoneSchema } from '#core/model/common.ts';
import type { Place } from '#core/model/place.ts';
import { type LogRecord, playsFromCsv, playsFromXibo } from '#core/screens/import-plays.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import { putPlays } from '#store/plays.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { ownScreen } from './find-screen.ts';

/** More rows than this do not get written within the time that a request may take. */
const MAX_RECORDS = 20_000;
/** What Xibo sends is two levels deep; what nests deeper is not from it. */
const MAX_XML_DEPTH = 10;
const REQUIRED = ['creativeId', 'startedAt', 'endedAt'];
const COLUMNS = [...REQUIRED, 'brand', 'screenId', 'sequence'];

const notALog = (detail: string) =>
  new Problem('invalid-input', 'the body is no log of plays; nothing was imported', [{ pointer: '', detail }]);

/**
 * `POST /v1/screens/{screenId}/plays/import`: Xibo's proof of play or CSV, each record judged by itself. Times without a
 * zone are of the clock on the wall, in `?timeZone=` or the place's own. The same log again changes nothing.
 */
export async function importPlays(request: HttpRequest): Promise<HttpResponse> {
  const { owner, screen } = await ownScreen(request);
  const { db, now } = request.runtime;
  const { timeZone = await zoneOf() } = validate(QuerySchema, zoneParameter(request.query));
  async function zoneOf(): Promise<string> {
    const place = await getEntry<Place>(db, owner, 'place', screen.placeId);
    return place?.timeZone ?? (await getMeta(db, owner)).timeZone;
  }
  if (!isUtf8(request.bytes)) throw notALog('is not UTF-8');
  const text = request.text.replace(/^\uFEFF/, '');
  const isXml = /xml/i.test(request.headers['content-type'] ?? '') || text.trimStart().startsWith('<');
  const records = isXml ? statsOf(text) : rowsOf(text);
  if (records.length > MAX_RECORDS) throw notALog(`has more than ${MAX_RECORDS} records`);
  const ownBrand = owner.kind === 'brand' ? owner.id : undefined;
  const context = { screenId: screen.screenId, ownBrand, timeZone, now: now() };
  const imported = isXml ? playsFromXibo(records, context) : playsFromCsv(records, context);
  await putPlays(db, owner, screen.screenId, imported.airings);
  const { airings, rejected, aggregates } = imported;
  return { status: 200, body: { imported: airings.length, rejected, aggregates } };
}

const QuerySchema = z.strictObject({ timeZone: z.optional(TimeZoneSchema) });
const zoneParameter = ({ timeZone }: Record<string, string>) => (timeZone === undefined ? {} : { timeZone });

/** The attributes of each `<stat>` of `<records>`. */
function statsOf(xml: string): LogRecord[] {
  // A log declares nothing of its own: entities are how a small document becomes a large one, or another file.
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw notALog('has a document type declaration');
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseAttributeValue: false,
    parseTagValue: false,
    processEntities: false,
    maxNestedTags: MAX_XML_DEPTH,
    isArray: (name) => name === 'stat',
  });
  const document = parsed(() => parser.parse(xml), 'is not XML');
  // After the parser, which is quick to refuse depth, and forgives what is not closed.
  if (XMLValidator.validate(xml) !== true) throw notALog('is not XML');
  const stats: unknown = isRecord(document) && isRecord(document.records) ? document.records.stat : undefined;
  if (!Array.isArray(stats)) throw notALog('has no <records> with a <stat> in it');
  return stats.map((stat) =>
    Object.fromEntries(
      Object.entries(isRecord(stat) ? stat : {}).flatMap(([name, value]) =>
        name.startsWith('@') ? [[name.slice(1).toLowerCase(), String(value)]] : [],
      ),
    ),
  );
}

function rowsOf(csv: string): LogRecord[] {
  const options = { skip_empty_lines: true, relax_column_count: true, trim: true, max_record_size: 10_000 };
  const [header, ...rows] = parsed(() => parseCsv(csv, options), 'is not CSV');
  const missing = REQUIRED.filter((column) => !header?.includes(column));
  if (!header || missing.length > 0) throw notALog(`has no column ${missing.join(', ')} in its first line`);
  const columns = COLUMNS.map((column) => [column, header.indexOf(column)] as const);
  return rows.map((row) => Object.fromEntries(columns.map(([column, at]) => [column, row[at] || undefined])));
}

/** What a parser has to say is about its own insides: the client is told what was expected. */
function parsed<T>(parse: () => T, detail: string): T {
  try {
    return parse();
  } catch {
    throw notALog(detail);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
