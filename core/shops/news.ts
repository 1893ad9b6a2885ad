import type { Identifier } from '../model/person.ts';
import type { PurchaseInput } from '../model/purchase.ts';
import type { NoPurchase } from '../purchases/fields.ts';

/** A customer as a shop knows them now, in the shape of `PUT /v1/people/{personId}` and not checked against it yet. */
export type ShopCustomer = {
  personId: string;
  /** ISO 8601; what is older than what is known of them is old news. */
  updatedAt: string;
  /** Kinds of handles that the shop says they have none of any more: a number that was given back is somebody else's soon. */
  without: readonly Identifier['kind'][];
  person: { identifiers: Identifier[]; attributes: Record<string, unknown>; consents: unknown[] };
};

/** Somebody whom a shop speaks of: the profile that their number makes, and what else they are known by. */
export type ShopPerson = { personId: string; handles: Identifier[] };

/** What a shop's message says. */
export type ShopNews =
  | { about: 'purchase'; purchase: PurchaseInput }
  | { about: 'customer'; customer: ShopCustomer }
  /** The shop has deleted its record of a customer, which is no word for an erasure. */
  | { about: 'deletion'; person: ShopPerson }
  | { about: 'erasure'; person: ShopPerson }
  | { about: 'data-request'; person: ShopPerson }
  /** The merchant has let go of the shop, with all its customers. */
  | { about: 'shop-erasure' }
  | { about: 'nothing'; reason: NoPurchase | 'other-event' | 'no-person' | 'merged' };

/** News, and what its message is known by when it comes again; or that it is not the shop's word, or cannot be read. */
export type ShopTold = { news: ShopNews; messageIds: string[] } | { refused: string } | { unreadable: string };

export const nothing = (reason: Extract<ShopNews, { about: 'nothing' }>['reason']): ShopNews => ({
  about: 'nothing',
  reason,
});

export const purchaseNews = (read: PurchaseInput | { reason: NoPurchase }): ShopNews =>
  'reason' in read ? nothing(read.reason) : { about: 'purchase', purchase: read };
