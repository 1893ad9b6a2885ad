import * as z from 'zod/mini';
import { PURCHASE_CHANNELS } from './behaviour.ts';
import { AmountSchema, CurrencySchema, IdSchema, InstantSchema, LabelSchema } from './common.ts';
import { IdentifierSchema } from './person.ts';

/** One line of a basket, in the till's own words. What else a till says of it (tax, unit, shelf) is not looked at and not kept. */
const LineSchema = z.object({
  sku: z.optional(LabelSchema),
  name: z.optional(z.string().check(z.maxLength(200))),
  /** As segments ask for it: `dairy`. */
  category: z.optional(LabelSchema),
  quantity: z._default(z.int().check(z.gte(1), z.lte(1e6)), 1),
  /** Of the whole line, after discounts. */
  amount: z.optional(AmountSchema),
});

/** `POST /v1/purchases`: a basket that was paid for. Repeatable by its `purchaseId`. */
export const PurchaseInputSchema = z.strictObject({
  purchaseId: IdSchema,
  at: InstantSchema,
  channel: z.enum(PURCHASE_CHANNELS),
  /** Where; an online purchase has none. */
  placeId: z.optional(IdSchema),
  /** The area that it counts for, as the merchant draws areas: a postcode, a district. Of an offline one, the shop's. */
  region: z.optional(LabelSchema),
  /** Who bought; a purchase of nobody known counts for its region only. */
  person: z.optional(IdentifierSchema),
  /** What else was seen of the same buyer: the card that paid, the phone number on the receipt. Evidence that they are one. */
  identifiers: z._default(z.array(IdentifierSchema).check(z.maxLength(5)), []),
  lines: z._default(z.array(LineSchema).check(z.maxLength(200)), []),
  total: AmountSchema,
  currency: CurrencySchema,
  couponCodes: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.maxLength(20)), []),
});
export type PurchaseInput = z.infer<typeof PurchaseInputSchema>;

/** A purchase as `GET /v1/people/{personId}/purchases` tells it. */
export const PurchaseViewSchema = z.object({
  purchaseId: IdSchema,
  at: InstantSchema,
  channel: z.enum(PURCHASE_CHANNELS),
  placeId: z.optional(IdSchema),
  region: z.optional(LabelSchema),
  lines: z.array(LineSchema),
  total: AmountSchema,
  currency: CurrencySchema,
  recordedAt: InstantSchema,
});
