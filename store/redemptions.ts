import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type CouponFacts,
  decideRedemption,
  type NextRecord,
  REDEMPTION_TABLE,
  type RedemptionAction,
  type RedemptionDecision,
  type RedemptionRecord,
  type RedemptionRequest,
  type Standing,
} from '#core/offers/redemption.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import type { StoredCoupon } from './coupons.ts';
import { offerKeys } from './keys.ts';

/** Each try that fails was one that somebody else won: more of them at one coupon are not tills at work. */
const MAX_TRIES = 8;
const PARTS = ['state', 'reservation', 'redemption', 'spentRedemptions'] as const;

/** What came of a request, with the coupon as it then was; `contended` where others kept changing it. */
export type RedemptionResult =
  | { outcome: 'done'; coupon: StoredCoupon }
  | (Extract<RedemptionDecision, { outcome: 'refuse' }> & { coupon: StoredCoupon })
  | { outcome: 'gone' | 'contended' };

/**
 * Carries out what the state table decides, from a coupon as it was just read: one conditional write on one item, so
 * that of any number of tills one wins. A write that finds another coupon than the decision was made on changes
 * nothing, and what it found is decided on again; there a try whose answer was lost finds itself.
 */
export async function carryOutRedemption(
  db: Database,
  args: { brand: string; key: string; coupon: StoredCoupon; request: RedemptionRequest; now: () => number },
): Promise<RedemptionResult> {
  let { coupon } = args;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const now = args.now();
    const decision = decideRedemption(coupon, args.request, now);
    if (decision.outcome === 'refuse') return { ...decision, coupon };
    if (decision.outcome === 'replay') return { outcome: 'done', coupon };
    const { next } = decision;
    const found = await write(db, { ...args, coupon, next, now });
    if (found === 'written') return { outcome: 'done', coupon: { ...coupon, ...next } };
    if (found === 'gone') return { outcome: 'gone' };
    coupon = found;
  }
  return { outcome: 'contended' };
}

type Write = {
  brand: string;
  key: string;
  coupon: StoredCoupon;
  request: RedemptionRequest;
  next: NextRecord;
  now: number;
};

async function write(db: Database, args: Write): Promise<'written' | 'gone' | StoredCoupon> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(offerKeys.coupon(args.brand, args.key)),
        ...redemptionUpdate(args),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return 'written';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const found = error.Item && fromItem<StoredCoupon & { entity?: string }>(error.Item);
    // What is in the place of an erased person's coupon is none.
    return found?.entity === 'coupon' ? found : 'gone';
  }
}

/** The update from one record to the next, on the condition that the decision still stands. */
function redemptionUpdate({ coupon, request, next, now }: Omit<Write, 'brand' | 'key'>) {
  const changed = PARTS.filter((part) => next[part] !== coupon[part]);
  const sets = changed.filter((part) => next[part] !== undefined);
  const removes = changed.filter((part) => next[part] === undefined);
  const condition = `${conditionOf(request.action)} AND ${pinOf(coupon)}`;
  const known: Item = {
    ':issued': 'issued',
    ':reserved': 'reserved',
    ':redeemed': 'redeemed',
    ':id': request.redemptionId,
    ':now': now,
    ':spent': coupon.spentRedemptions?.length,
  };
  const named = new Set(condition.match(/:\w+/g));
  const values = Object.fromEntries(Object.entries(known).filter(([name]) => named.has(name)));
  for (const part of sets) values[`:next_${part}`] = next[part];
  return {
    UpdateExpression: [
      `SET ${sets.map((part) => `#${part} = :next_${part}`).join(', ')}`,
      ...(removes.length > 0 ? [`REMOVE ${removes.map((part) => `#${part}`).join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(
      PARTS.filter((part) => part === 'state' || changed.includes(part)).map((part) => [`#${part}`, part]),
    ),
    ExpressionAttributeValues: toItem(values),
  };
}

/** How the record shows, to DynamoDB's own eyes and at its own time, that a coupon is in a cell of the state table. */
const CELLS: Partial<Record<`${CouponFacts['state']} ${Standing}`, readonly string[]>> = {
  'issued stranger': ['#state = :issued', '(#state = :reserved AND reservation.reservedUntil <= :now)'],
  'issued holder': ['(#state = :reserved AND reservation.redemptionId = :id)'],
  'reserved holder': ['(#state = :reserved AND reservation.redemptionId = :id)'],
  'redeemed holder': ['(#state = :redeemed AND redemption.redemptionId = :id)'],
  'expired holder': ['(#state = :reserved AND reservation.redemptionId = :id)'],
};

/** All cells of the state table in which this action is done. */
function conditionOf(action: RedemptionAction): string {
  const rows = REDEMPTION_TABLE[action];
  const clauses = Object.entries(rows).flatMap(([state, row]) =>
    Object.entries(row).flatMap(([standing, cell]) => {
      if (cell !== 'do') return [];
      const clause = CELLS[`${state} ${standing}` as keyof typeof CELLS];
      if (!clause) throw new Error(`no condition says that a coupon is ${state} and the request a ${standing}’s`);
      return clause;
    }),
  );
  const inTime = Object.values(rows.expired).includes('do') ? '' : 'expiresAt > :now AND ';
  return `${inTime}(${[...new Set(clauses)].join(' OR ')})`;
}

/**
 * Every rollback lengthens the list, and only a rollback makes a coupon usable again. So a write that was sent before one
 * and arrives after it fails, however much the coupon looks as it did.
 */
const pinOf = ({ spentRedemptions }: RedemptionRecord): string =>
  spentRedemptions ? 'size(spentRedemptions) = :spent' : 'attribute_not_exists(spentRedemptions)';
