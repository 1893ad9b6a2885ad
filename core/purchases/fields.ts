import type { Identifier } from '../model/person.ts';
import { type PurchaseInput, PurchaseInputSchema } from '../model/purchase.ts';
import { normaliseIdentifier } from '../people/identifiers.ts';

/** Why a shop's order or payment is no purchase of ours. */
export type NoPurchase = 'not-readable' | 'not-paid' | 'test-order' | 'cancelled';

/** How a merchant's shop is read. */
export type ShopOptions = {
  /** Which place of the merchant's own a location of the shop's is. */
  placeOf: (locationId: string) => string | undefined;
  /** What the area of an online order is: where it goes, by `province` unless said otherwise. */
  regionBy?: 'province' | 'postcode' | undefined;
};

/** Lines that a purchase keeps; the rest count in its total only. */
const MAX_LINES = 200;
const MAX_COUPON_CODES = 20;

export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object's fields; of anything else, none. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

/** Text that says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** An id as text, whether it is written as a number or as text. */
export const idOf = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && Number(value) > 0 ? String(value) : textOf(value);

/** One line of at most `most` characters, or nothing. */
export const labelOf = (value: unknown, most = 100): string | undefined =>
  textOf(
    textOf(value)
      ?.toWellFormed()
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, most)
      .toWellFormed(),
  );

/** Only what can be an identifier, in its one spelling, each once and in order. */
export function identifiersOf(...given: (Identifier | undefined)[]): Identifier[] {
  const known = new Map<string, Identifier>();
  for (const one of given) {
    const identifier = one?.value.isWellFormed() && one.value.length <= 256 ? normaliseIdentifier(one) : undefined;
    if (identifier) known.set(`${identifier.kind}/${identifier.value}`, identifier);
  }
  return [...known.values()];
}

export const identifierOf = (kind: Identifier['kind'], value: string | undefined): Identifier | undefined =>
  value === undefined ? undefined : { kind, value };

type Draft = Omit<PurchaseInput, 'person' | 'identifiers' | 'total' | 'couponCodes'> & {
  /** Who bought, by what tells it best first. */
  buyer: Identifier[];
  total: bigint | undefined;
  couponCodes?: (string | undefined)[];
};

/** A purchase as it is taken in, or `not-readable` where a part of it cannot be. */
export function checkedPurchase({
  buyer,
  total,
  couponCodes = [],
  ...draft
}: Draft): PurchaseInput | { reason: NoPurchase } {
  const [person, ...identifiers] = buyer;
  const codes = couponCodes.filter((code) => code !== undefined && code.length <= 64 && code.isWellFormed());
  const checked = PurchaseInputSchema.safeParse({
    ...draft,
    at: instantText(draft.at),
    lines: draft.lines.slice(0, MAX_LINES),
    total: Number(total ?? Number.NaN),
    couponCodes: [...new Set(codes)].slice(0, MAX_COUPON_CODES),
    person,
    identifiers: identifiers.slice(0, 5),
  });
  return checked.data ?? { reason: 'not-readable' };
}

function instantText(text: string): string {
  const ms = Date.parse(text);
  return ms >= 0 ? new Date(ms).toISOString() : text;
}
