import { type DigitalLink, parseDigitalLink } from '#core/tags/gs1.ts';
import { findAddress } from '#store/directory.ts';
import { itemAddress } from '#store/tags.ts';
import type { HttpStep } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { answering } from './answer.ts';

/** `GET /01/{gtin}`: what a garment's or shelf's GS1 Digital Link leads to: the page of the tag that has its GTIN. */
export const showItem: HttpStep = answering(async ({ path, query, runtime }) => {
  const { gtin = '', serial } = path;
  const qualified = serial === undefined ? '' : `/21/${encodeURIComponent(serial)}`;
  const link = parseDigitalLink(`https://item.invalid/01/${encodeURIComponent(gtin)}${qualified}`);
  if (!isLink(link)) {
    throw new Problem('invalid-input', 'this is no GS1 Digital Link', [{ pointer: '/gtin', detail: link.reason }]);
  }
  const tagId = (await findAddress(runtime.db, 'tag', itemAddress(link.value)))?.target;
  if (tagId === undefined) throw new Problem('not-found', 'no tag has this GTIN');
  const search = Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
  return { status: 302, headers: { location: `/q/${tagId}${search}` } };
});

const isLink = (link: DigitalLink | { reason: string }): link is DigitalLink => 'key' in link;
