import { BadCursorError, type Page, type PageRequest } from '#store/read.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import { Problem } from './problem.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** `?limit=` and `?cursor=` of a list. */
export function pageRequest({ query }: HttpRequest): PageRequest {
  const limit = Number(query.limit ?? DEFAULT_LIMIT);
  if (!/^\d+$/.test(query.limit ?? '1') || limit < 1 || limit > MAX_LIMIT) {
    throw new Problem('invalid-input', 'the query is not valid', [
      { pointer: '/limit', detail: `must be a whole number from 1 to ${MAX_LIMIT}` },
    ]);
  }
  return { limit, cursor: query.cursor };
}

/** A page as every list answers it. */
export async function pageResponse<T, V>(read: Promise<Page<T>>, view: (item: T) => V | V[]): Promise<HttpResponse> {
  try {
    const { items, cursor } = await read;
    return { status: 200, body: { items: items.flatMap(view), ...(cursor !== undefined && { cursor }) } };
  } catch (error) {
    if (!(error instanceof BadCursorError)) throw error;
    throw new Problem('invalid-input', 'the query is not valid', [{ pointer: '/cursor', detail: error.message }]);
  }
}
