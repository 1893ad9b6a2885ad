import type { Place, Screen } from '#core/model/place.ts';
import { type Tag, type TagInput, TagInputSchema } from '#core/model/tag.ts';
import { hasCheckDigit } from '#core/tags/gs1.ts';
import { getEntry } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { AddressTakenError, claimAddress } from '#store/directory.ts';
import type { Tenant } from '#store/keys.ts';
import { putSignage } from '#store/signage.ts';
import { tenantOf } from '../catalogue/entries.ts';
import { listOf, readSignage } from '../screens/creatives.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';

/** `PUT /v1/tags/{tagId}`: 409 when the id is another tenant's, 422 for a screen or place that is not one's own. */
export async function putTag(request: HttpRequest): Promise<HttpResponse> {
  const { db } = request.runtime;
  const owner = tenantOf(request);
  const tag: Tag = { tagId: request.path.tagId ?? '', ...validate(TagInputSchema, request.body) };
  const errors = [...contradictions(tag), ...(await whereErrors(db, owner, tag, new Map()))];
  if (errors.length > 0) throw new Problem('unprocessable', 'the tag contradicts itself or what is stored', errors);
  try {
    return { status: 200, body: await storeTag(db, owner, tag) };
  } catch (error) {
    if (!(error instanceof AddressTakenError)) throw error;
    throw new Problem('id-taken', 'the tag is somebody else’s', [{ pointer: '/tagId', detail: 'is somebody else’s' }]);
  }
}

export const getTag = (request: HttpRequest): Promise<HttpResponse> =>
  readSignage(request, 'tag', request.path.tagId ?? '');

export const listTags = (request: HttpRequest): Promise<HttpResponse> => listOf(request, 'tag');

/** Address first: a tag that nobody finds is better than an address that leads to no tag. @throws AddressTakenError */
export async function storeTag(db: Database, owner: Tenant, tag: Tag): Promise<Tag> {
  const stored = { ...tag, ...(tag.uid !== undefined && { uid: tag.uid.toUpperCase() }) };
  await claimAddress(db, 'tag', tag.tagId, { owner });
  await putSignage(db, owner, 'tag', tag.tagId, stored);
  // Of all tags with one GTIN, the last that was put answers for it; of two tenants', the first tenant's.
  if (tag.gtin !== undefined) {
    await claimAddress(db, 'tag', itemAddress(tag.gtin), { owner, target: tag.tagId }).catch(unlessTaken);
  }
  return stored;
}

function unlessTaken(error: unknown): void {
  if (!(error instanceof AddressTakenError)) throw error;
}

/** Where a GS1 Digital Link of an item leads: no tag's own id has a slash. */
export const itemAddress = (gtin: string): string => `01/${gtin.padStart(14, '0')}`;

/** What a tag can not be, whatever else there is. */
export function contradictions({ kind, uid, gtin, screenId, placeId }: TagInput): FieldError[] {
  const errors: FieldError[] = [];
  if (kind === 'ntag424' && uid === undefined)
    errors.push({ pointer: '/uid', detail: 'is needed for a tag that signs' });
  if (kind !== 'ntag424' && uid !== undefined) errors.push({ pointer: '/uid', detail: 'is only for a tag that signs' });
  if (gtin !== undefined && !hasCheckDigit(gtin)) errors.push({ pointer: '/gtin', detail: 'has a wrong check digit' });
  if (screenId !== undefined && placeId !== undefined) {
    errors.push({ pointer: '/placeId', detail: 'follows from the screen; leave one of them out' });
  }
  return errors;
}

/** `known` remembers what has been looked up: ten thousand tags stand at few places. */
export async function whereErrors(
  db: Database,
  owner: Tenant,
  { screenId, placeId }: TagInput,
  known: Map<string, Promise<unknown>>,
): Promise<FieldError[]> {
  const find = (kind: 'screen' | 'place', id: string): Promise<unknown> => {
    const found = known.get(`${kind}/${id}`) ?? getEntry<Screen | Place>(db, owner, kind, id);
    known.set(`${kind}/${id}`, found);
    return found;
  };
  const errors: FieldError[] = [];
  if (screenId !== undefined && !(await find('screen', screenId)))
    errors.push({ pointer: '/screenId', detail: 'is not a screen of yours' });
  if (placeId !== undefined && !(await find('place', placeId)))
    errors.push({ pointer: '/placeId', detail: 'is not a place of yours' });
  return errors;
}
