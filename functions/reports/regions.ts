import type { ChannelSales, RegionSales } from '#core/model/region.ts';
import { MIN_GROUP } from '#core/people/min-group.ts';
import { regionStanding } from '#core/people/regions.ts';
import { BadCursorError, type Page, type PageRequest } from '#store/read.ts';
import { readRegions } from '#store/regions.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';

/** `GET /v1/reports/regions`: where each region buys. Of one with too few buyers nothing is told but that. */
export async function getRegionsReport(request: HttpRequest): Promise<HttpResponse> {
  const regions = await readRegions(request.runtime.db, brandOf(request));
  return await pageResponse(
    Promise.resolve().then(() => pageOf([...regions.values()], pageRequest(request))),
    viewOf,
  );
}

/** By name of the region; a cursor is the last one's. */
function pageOf(regions: readonly RegionSales[], { limit, cursor }: PageRequest): Page<RegionSales> {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  if (after !== undefined && cursorOf(after) !== cursor) throw new BadCursorError();
  const sorted = regions
    .filter(({ region }) => after === undefined || region > after)
    .sort((left, right) => (left.region < right.region ? -1 : 1));
  const last = sorted[limit - 1];
  const items = sorted.slice(0, limit);
  return sorted.length > limit && last ? { items, cursor: cursorOf(last.region) } : { items };
}

const cursorOf = (region: string): string => Buffer.from(region).toString('base64url');

function viewOf(sales: RegionSales) {
  const { region, online, offline } = sales;
  const standing = regionStanding(sales);
  if (!standing) return { region, preference: null, note: `fewer than ${MIN_GROUP} buyers` };
  const { preference, onlineShare, buyers } = standing;
  return { region, preference, onlineShare, buyers, online: channelView(online), offline: channelView(offline) };
}

const channelView = ({ count, totals }: ChannelSales) => ({
  purchases: count,
  money: Object.entries(totals)
    .map(([currency, amount]) => ({ amount, currency }))
    .sort((left, right) => (left.currency < right.currency ? -1 : 1)),
});
