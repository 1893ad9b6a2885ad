import { type Tag, type TagInput, TagInputSchema } from '#core/model/tag.ts';
import { hasCheckDigit } from '#core/tags/gs1.ts';
import type { Database } from '#store/client.ts';
import { AddressTakenError } from '#store/directory.ts';
import { catalogueKeys, type Tenant } from '#store/keys.ts';
import { batchGet } from '#store/read.ts';
import { storeTag } from '#store/tags.ts';
import { tenantOf } from '../catalogue/entries.ts';
import { listOf, readSignage } from '../screens/creatives.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';

/** `PUT /v1/tags/{tagId}`: 409 when the id is another tenant's, 422 for a screen or place that is not one's own. */
export async function putTag(request: HttpRequest): Promise<HttpResponse> {
  const { db } = request.runtime;
  const owner = tenantOf(request);
  const tag = tagFrom(request.path.tagId ?? '', validate(TagInputSchema, request.body));
  const isElsewhere = await whereIsMissing(db, owner, [tag]);
  const errors = [...contradictions(tag), ...isElsewhere(tag)];
  if (errors.length > 0) throw new Problem('unprocessable', 'the tag contradicts itself or what is stored', errors);
  try {
    await storeTag(db, owner, tag);
    return { status: 200, body: tag };
  } catch (error) {
    if (!(error instanceof AddressTakenError)) throw error;
    throw new Problem('id-taken', 'the tag is somebody else’s', [{ pointer: '/tagId', detail: 'is somebody else’s' }]);
  }
}

export const getTag = (request: HttpRequest): Promise<HttpResponse> =>
  readSignage(request, 'tag', request.path.tagId ?? '');

export const listTags = (request: HttpRequest): Promise<HttpResponse> => listOf(request, 'tag');

/** A UID in capitals, as the chip writes it. */
export const tagFrom = (tagId: string, input: TagInput): Tag => ({
  tagId,
  ...input,
  ...(input.uid !== undefined && { uid: input.uid.toUpperCase() }),
});

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

/** Looks up all screens and places of these tags at once. @returns what is wrong with where one of them is */
export async function whereIsMissing(
  db: Database,
  owner: Tenant,
  tags: readonly TagInput[],
): Promise<(tag: TagInput) => FieldError[]> {
  const keyOf = (kind: 'screen' | 'place', id: string) => catalogueKeys.entry(owner, kind, id);
  const keys = tags.flatMap(({ screenId, placeId }) => [
    ...(screenId === undefined ? [] : [keyOf('screen', screenId)]),
    ...(placeId === undefined ? [] : [keyOf('place', placeId)]),
  ]);
  const found = await batchGet(db, { catalogue: keys }, { consistent: true });
  return ({ screenId, placeId }) => {
    const errors: FieldError[] = [];
    if (screenId !== undefined && !found.get('catalogue', keyOf('screen', screenId)))
      errors.push({ pointer: '/screenId', detail: 'is not a screen of yours' });
    if (placeId !== undefined && !found.get('catalogue', keyOf('place', placeId)))
      errors.push({ pointer: '/placeId', detail: 'is not a place of yours' });
    return errors;
  };
}
