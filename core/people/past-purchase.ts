import type { PastPurchase } from '../model/behaviour.ts';
import type { PurchaseInput } from '../model/purchase.ts';

/** Bytes of labels that are remembered of one purchase, so that sixty of them are small. */
const MAX_CATEGORY_BYTES = 400;
const MAX_SKU_BYTES = 600;

/** A purchase as it is remembered in the item of whoever bought; what it was worth to whom is in the purchase itself. */
export function pastPurchaseOf(purchase: PurchaseInput, region: string | undefined): PastPurchase {
  const { purchaseId, at, channel, total, currency, placeId, lines } = purchase;
  const categories = distinct(
    lines.map(({ category }) => category),
    MAX_CATEGORY_BYTES,
  );
  return {
    purchaseId,
    at: Date.parse(at),
    channel,
    total,
    currency,
    items: lines.reduce((pieces, { quantity }) => pieces + quantity, 0),
    categories,
    amounts: categories.map((category) =>
      lines.reduce((sum, line) => sum + (line.category === category ? (line.amount ?? 0) : 0), 0),
    ),
    skus: distinct(
      lines.map(({ sku }) => sku),
      MAX_SKU_BYTES,
    ),
    ...(placeId !== undefined && { placeId }),
    ...(region !== undefined && { region }),
  };
}

/** The first of them, each once, as many as there is room for. */
function distinct(labels: readonly (string | undefined)[], maxBytes: number): string[] {
  let bytes = 0;
  return [...new Set(labels.filter((label) => label !== undefined))].filter((label) => {
    bytes += Buffer.byteLength(label);
    return bytes <= maxBytes;
  });
}
