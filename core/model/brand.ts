import * as z from 'zod/mini';
import { capSchema, TimeZoneSchema } from './common.ts';

/** Two coupons at one door teach people to wait for the better one; more than a handful is noise. */
const MAX_OFFERS_PER_SIGNAL = 5;
/** Every offer that a cap looks back on is kept in the person's own item, which has room for some hundreds. */
const MAX_COUNT = 100;

/** `PUT /v1/brand`: what holds for all of a brand's campaigns together. */
export const BrandInputSchema = z.strictObject({
  timeZone: TimeZoneSchema,
  offersPerSignal: z._default(z.int().check(z.gte(1), z.lte(MAX_OFFERS_PER_SIGNAL)), 1),
  /** At most `count` offers to one person in any rolling `window`, whatever the campaign. */
  perPerson: z.optional(capSchema(MAX_COUNT)),
  /** The same for one person at one place. */
  perPersonPerPlace: z.optional(capSchema(MAX_COUNT)),
  /** Whose law protects people of whom no `country` is known: `DE`, `US-CA` (core/people/jurisdictions.ts). */
  jurisdiction: z.optional(
    z.string().check(z.regex(/^(?!EU$)[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'must be a country or state, such as DE or US-CA')),
  ),
  /** Channels on which a grant of marketing counts only when it is proven: by a link in a mail, or by what you have. */
  doubleOptIn: z.optional(z.array(z.literal('email')).check(z.maxLength(1))),
});
export type BrandInput = z.infer<typeof BrandInputSchema>;

/** What a brand asks of every decision. */
export type BrandRules = Omit<BrandInput, 'timeZone'>;

/** Of a brand that has said nothing: one offer for a signal, and what its campaigns limit themselves. */
export const DEFAULT_BRAND_RULES: BrandRules = { offersPerSignal: 1 };
