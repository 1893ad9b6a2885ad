import { parseExact } from '#core/imports/exact-json.ts';
import { type ConnectorKind, placementOf } from '#core/model/connector.ts';
import type { ShopNews, ShopTold } from '#core/shops/news.ts';
import { hearShopify } from '#core/shops/shopify.ts';
import { hearSquare } from '#core/shops/square.ts';
import type { DoorMessage } from '#core/signals/heard.ts';
import { markSeen, wasSeen } from '#store/connectors.ts';
import { putSignage } from '#store/signage.ts';
import { PurchaseConflictError, recordPurchase } from '../purchases/record.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { parseJson } from '../shared/validate.ts';
import type { Door } from './guests.ts';
import { markOf } from './secrets.ts';
import { eraseCustomer, noteDataRequest, noteDeletion, putCustomer } from './shop-people.ts';
import { createTally, type Tally } from './tally.ts';

export type ShopKind = Extract<ConnectorKind, 'shopify' | 'square'>;
export const isShop = (kind: ConnectorKind): kind is ShopKind => kind === 'shopify' || kind === 'square';

/** Whose shop it is, and through which connector its word came. */
export type ShopDoor = Door & { brand: string };

/**
 * What a shop says: purchases and customers. All of it is stored before the 2xx, and each step may be repeated, so that
 * where Beckon fails before, the shop's retry does the rest. What leads to nothing is a yes as well: a shop that is
 * refused for days stops speaking.
 */
export async function takeShopEvent(
  door: Door,
  kind: ShopKind,
  { request, secret }: { request: HttpRequest; secret: string | string[] },
): Promise<HttpResponse> {
  const { runtime, owner, connector, now, venueSecret } = door;
  const told = hearShop(door, kind, { request, secret });
  if ('refused' in told) throw new Problem('unverified', told.refused);
  if ('unreadable' in told) {
    throw new Problem('invalid-input', 'the message cannot be read', [{ pointer: '', detail: told.unreadable }]);
  }
  const { connectorId } = connector;
  const marks = told.messageIds.map((messageId) => markOf(venueSecret, `${kind}/${messageId}`));
  if (marks.length === 0) marks.push(markOf(venueSecret, request.bytes));
  for (const mark of marks) {
    if (await wasSeen(runtime.db, owner, connectorId, mark)) return yes({ accepted: 0, repeated: 1 });
  }
  const tally = createTally();
  const accepted = await act({ ...door, brand: owner.id }, told.news, tally);
  for (const mark of marks) await markSeen(runtime.db, owner, connectorId, { mark, now });
  return yes({ accepted: accepted ? 1 : 0, ignored: tally.list() });
}

const yes = (body: object): HttpResponse => ({ status: 200, body });

function hearShop(
  { connector, now }: Door,
  kind: ShopKind,
  { request, secret }: { request: HttpRequest; secret: string | string[] },
): ShopTold {
  const { bytes, headers, query } = request;
  const message: DoorMessage = { bytes, headers, query, now, parse: parseExactJson };
  const placeOf = (locationId: string) => placementOf(connector, [locationId])?.placeId;
  const options = { placeOf, regionBy: connector.regionBy };
  if (kind === 'shopify') return hearShopify(message, secret, options);
  return hearSquare(message, { keys: secret, notificationUrl: connector.notificationUrl ?? '' }, options);
}

/** @throws Problem 400, as for any other body */
function parseExactJson(bytes: Buffer): unknown {
  parseJson(bytes);
  return parseExact(bytes.toString('utf8'));
}

/** Whether anything came of it. */
async function act(door: ShopDoor, news: ShopNews, tally: Tally): Promise<boolean> {
  const { runtime, brand, owner, connector, now } = door;
  switch (news.about) {
    case 'purchase':
      try {
        await recordPurchase(runtime, brand, news.purchase);
      } catch (error) {
        // `orders/create` and `orders/paid` tell of one order as it was at two moments: the first that was paid counts.
        if (!(error instanceof PurchaseConflictError)) throw error;
      }
      return true;
    case 'customer':
      return await putCustomer(door, news.customer, tally);
    case 'deletion':
      return await noteDeletion(door, news.person, tally);
    case 'erasure':
      return await eraseCustomer(door, news.person, tally);
    case 'data-request':
      return await noteDataRequest(door, news.person, tally);
    case 'shop-erasure': {
      const shopErasureAskedAt = new Date(now).toISOString();
      await putSignage(runtime.db, owner, 'connector', connector.connectorId, { ...connector, shopErasureAskedAt });
      return true;
    }
    case 'nothing':
      tally.ignore(news.reason);
      return false;
  }
}
