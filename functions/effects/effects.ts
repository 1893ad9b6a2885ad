import type { DynamoDBRecord } from 'aws-lambda';
import { fromItem } from '#store/client.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { recordCoupon, redemptionStage } from '#store/effects.ts';
import type { Runtime } from '../shared/runtime.ts';

type Image = Parameters<typeof fromItem>[0];

/**
 * What becomes of the coupons that screens led to, from the table's stream to the screens' reports. The stream delivers
 * at least once; a picture of a coupon that is not newer than what is recorded changes nothing. A failure throws, and
 * the stream delivers again.
 */
export async function countEffects(records: readonly DynamoDBRecord[], { db }: Runtime): Promise<void> {
  // Of a batch's pictures of one coupon the last is enough.
  const latest = new Map<string, StoredCoupon>();
  for (const { eventName, dynamodb } of records) {
    if (eventName === 'REMOVE' || !dynamodb?.NewImage) continue;
    const coupon = couponOf(dynamodb.NewImage as Image);
    if (!coupon) continue;
    const before = dynamodb.OldImage && couponOf(dynamodb.OldImage as Image);
    // A message that was sent is no news here.
    if (before && redemptionStage(before) === redemptionStage(coupon)) continue;
    const key = `${coupon.brand}/${coupon.couponId}`;
    const held = latest.get(key);
    if (!held || redemptionStage(held) < redemptionStage(coupon)) latest.set(key, coupon);
  }
  await Promise.all([...latest.values()].map((coupon) => recordCoupon(db, coupon)));
}

function couponOf(image: Image): StoredCoupon | undefined {
  const item = fromItem<StoredCoupon & { entity?: string }>(image);
  return item.entity === 'coupon' ? item : undefined;
}
