import { PinpointMappingSchema } from '#core/imports/pinpoint.ts';
import { segmentsFromPinpoint } from '#core/imports/pinpoint-segment.ts';
import { SegmentInputSchema } from '#core/model/segment.ts';
import { putEntries } from '#store/catalogue.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { check, parseJson, validate } from '../shared/validate.ts';
import { tooLarge } from './entries.ts';

/** As many as Pinpoint lets a project have. */
const MAX_SEGMENTS = 100;

/**
 * `POST /v1/segments/import`: segments as Pinpoint's `GetSegments` answers them, each translated as a whole or refused
 * with what in it has no equal here. `?mapping=` is the one that its endpoints were imported with.
 */
export async function importSegments(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const mapping = validate(PinpointMappingSchema, parameterJson(request.query.mapping), '/mapping');
  // Somebody else's document: it is judged segment by segment, not as a body of ours.
  const reads = segmentsFromPinpoint(parseJson(request.bytes), mapping);
  if (reads.length === 0) throw notSegments('has no segments in it');
  if (reads.length > MAX_SEGMENTS) throw notSegments(`has more than ${MAX_SEGMENTS} segments; send them in parts`);
  const entries = new Map<string, { id: string; body: unknown }>();
  const rejected: { index: number; segmentId?: string; reason: string; pointer: string }[] = [];
  for (const [index, read] of reads.entries()) {
    if ('reason' in read) {
      rejected.push({ index, ...read });
      continue;
    }
    const { segmentId, segment } = read;
    const checked = check(SegmentInputSchema, segment);
    const [error] = checked.ok ? [] : checked.errors;
    if (error)
      rejected.push({ index, segmentId, reason: `becomes a rule that ${error.detail}`, pointer: error.pointer });
    else if (entries.has(segmentId))
      rejected.push({ index, segmentId, reason: 'is in the list already', pointer: '/Id' });
    else entries.set(segmentId, { id: segmentId, body: { segmentId, ...segment } });
  }
  try {
    await putEntries(request.runtime.db, { kind: 'brand', id: brand }, 'segment', [...entries.values()]);
  } catch (error) {
    throw tooLarge(error);
  }
  return { status: 200, body: { imported: entries.size, rejected } };
}

function parameterJson(text: string | undefined): unknown {
  try {
    return text === undefined ? {} : JSON.parse(text);
  } catch {
    throw new Problem('invalid-input', 'the import is not valid', [{ pointer: '/mapping', detail: 'is not JSON' }]);
  }
}

const notSegments = (detail: string) =>
  new Problem('invalid-input', 'the body is no list of segments; nothing was imported', [{ pointer: '', detail }]);
