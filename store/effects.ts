import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Effect } from '#core/screens/report.ts';
import { type Database, type Item, toItem, toKey } from './client.ts';
import type { StoredCoupon } from './coupons.ts';
import { playKeys, type Tenant } from './keys.ts';
import { queryAll } from './read.ts';

/** A year can be compared with the one before it. */
const EFFECT_TTL_SECONDS = 400 * 86_400;

/**
 * Somebody tapped or scanned at a screen, and which creative it is credited to, if anybody knows: a brand's, or without
 * a brand the screen's owner's. `at` in epoch milliseconds.
 */
export type Tap = {
  brand?: string | undefined;
  creativeId?: string | undefined;
  signalId: string;
  at: number;
};

/** Notes a tap for the screen's report, once however often it is told. Nothing of the person. */
export async function recordTap(db: Database, owner: Tenant, screenId: string, tap: Tap): Promise<void> {
  const key = { pk: playKeys.effects(owner, screenId, dayOf(tap.at)), sk: `${creditOf(owner, tap)}#${tap.signalId}` };
  const item: Item = { ...key, taps: 1, ttl: ttlOf(tap.at) };
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('plays'),
        Item: toItem(item),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/**
 * How often a coupon has been redeemed or given back: it rises with either, and with nothing else. So of two pictures of
 * one coupon it tells the later one.
 */
export const redemptionStage = ({ state, spentRedemptions = [] }: StoredCoupon): number =>
  2 * spentRedemptions.length + (state === 'redeemed' ? 1 : 0);

/**
 * Notes what has become of a coupon that a signal at a screen led to. Told twice, or after a later picture of the same
 * coupon, it changes nothing.
 */
export async function recordCoupon(db: Database, coupon: StoredCoupon): Promise<void> {
  const { screenId, screenOwner, signalAt, redemption } = coupon;
  if (screenId === undefined || !screenOwner || signalAt === undefined) return;
  const isRedeemed = coupon.state === 'redeemed';
  const discount = isRedeemed ? redemption?.discount : undefined;
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('plays'),
        Key: toKey({
          pk: playKeys.effects(screenOwner, screenId, dayOf(signalAt)),
          // Of the coupon its key, which is drawn by a secret: its id could be worked out again from whose it was.
          sk: `${creditOf(screenOwner, coupon)}#${coupon.couponKey}`,
        }),
        UpdateExpression: `SET offers = :one, redemptions = :redeemed, stage = :stage, #ttl = :ttl ${discount ? ', discount = :discount' : 'REMOVE discount'}`,
        ConditionExpression: 'attribute_not_exists(stage) OR stage < :stage',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: toItem({
          ':one': 1,
          ':redeemed': isRedeemed ? 1 : 0,
          ':stage': redemptionStage(coupon),
          ':ttl': ttlOf(signalAt),
          ':discount': discount,
        }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** All that taps at a screen on one day (UTC, `2026-11-22`) have led to, by whenever it happened. */
export async function* listEffects(db: Database, owner: Tenant, screenId: string, day: string): AsyncGenerator<Effect> {
  const where = { pk: playKeys.effects(owner, screenId, day), skPrefix: '' };
  for await (const { sk, ...counts } of queryAll<Partial<Effect> & { sk: string }>(db, 'plays', where)) {
    const [brand = '', creativeId = UNKNOWN] = sk.slice(0, sk.indexOf('#')).split('/');
    const { taps = 0, offers = 0, redemptions = 0, discount } = counts;
    yield {
      brand: brand === '' ? undefined : brand,
      creativeId: creativeId === UNKNOWN ? undefined : creativeId,
      taps,
      offers,
      redemptions,
      ...(discount && { discount }),
    };
  }
}

/** No id contains any of `/`, `#` and `*`. */
const UNKNOWN = '*';
const creditOf = (owner: Tenant, { brand, creativeId = UNKNOWN }: Pick<Tap, 'brand' | 'creativeId'>): string =>
  `${brand ?? (owner.kind === 'brand' ? owner.id : '')}/${creativeId}`;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const ttlOf = (at: number): number => Math.floor(at / 1000) + EFFECT_TTL_SECONDS;
