import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SENDER_LOST, STALE } from '#core/messages/outbox.ts';
import type { MessageState } from '#core/model/message.ts';
import { type Database, fromItem, type Item, toItem, toKey } from './client.ts';
import type { StoredCoupon } from './coupons.ts';
import { offerKeys } from './keys.ts';

/** How long a sender may hold a message; a function that took longer is dead, and what it sent is not known. */
const SEND_LEASE_MS = 30_000;

/** Another sender holds the message: it may still be sending. Ask again when its lease has ended. */
class MessageBusyError extends Error {
  override name = 'MessageBusyError';
}

export type MessageRef = { brand: string; couponKey: string };
/** A sender's hold on a message. `holder`, new for each hold, is the fence: only the present holder's word counts. */
export type Claim = MessageRef & { holder: string };
export type MessageEnd = { state: MessageState; reason?: string; providerMessageId?: string };

/**
 * Takes a pending message for one sender; false when it has ended. A message whose sender's lease has run out ends
 * here as UNKNOWN: nobody knows whether it went out, and marketing is not sent twice on a guess.
 * @throws MessageBusyError
 */
export async function claimMessage(db: Database, claim: Claim, now: number): Promise<boolean> {
  const { changed, before } = await change(db, claim, {
    update: 'SET #send = :sending, sendHolder = :holder, sendLeaseUntil = :lease',
    // What nobody took while it was fresh has ended by then, whatever the record says.
    condition: '#send = :pending AND freshUntil >= :now',
    values: {
      ':sending': 'SENDING',
      ':pending': 'PENDING',
      ':holder': claim.holder,
      ':lease': now + SEND_LEASE_MS,
      ':now': now,
    },
  });
  // Our own first try may have taken it, and its answer been lost.
  if (changed || (before?.send === 'SENDING' && before.sendHolder === claim.holder)) return true;
  // It grew old between the question and the claim.
  if (before?.send === 'PENDING') await skipMessage(db, claim, STALE, now);
  await settle(db, claim, before, now);
  return false;
}

/** Ends a message that must not be sent. Like a claim, it waits for, or settles, whoever may be sending it. */
export async function skipMessage(db: Database, ref: MessageRef, reason: string, now: number): Promise<void> {
  const skipped = await change(db, ref, {
    update: 'SET #send = :skipped, sendReason = :reason',
    condition: '#send = :pending',
    values: { ':skipped': 'SKIPPED', ':pending': 'PENDING', ':reason': reason },
  });
  if (!skipped.changed) await settle(db, ref, skipped.before, now);
}

/** Ends a claim, or hands it back (`PENDING`). A sender whose message somebody else has settled changes nothing. */
export async function completeMessage(db: Database, claim: Claim, end: MessageEnd): Promise<boolean> {
  const { changed } = await change(db, claim, {
    update: `SET #send = :state${end.providerMessageId ? ', providerMessageId = :provider' : ''}${end.reason ? ', sendReason = :reason' : ' REMOVE sendReason'}`,
    condition: '#send = :sending AND sendHolder = :holder',
    values: {
      ':state': end.state,
      ':sending': 'SENDING',
      ':holder': claim.holder,
      ':reason': end.reason,
      ':provider': end.providerMessageId,
    },
  });
  return changed;
}

async function settle(db: Database, ref: MessageRef, found: StoredCoupon | undefined, now: number): Promise<void> {
  if (found?.send !== 'SENDING') return;
  if ((found.sendLeaseUntil ?? 0) >= now) throw new MessageBusyError('another sender holds this message');
  const claim = { ...ref, holder: found.sendHolder ?? '' };
  const settled = await completeMessage(db, claim, { state: 'UNKNOWN', reason: SENDER_LOST });
  // Its sender was not lost, and may have handed it back: whoever acknowledged it now would lose it.
  if (!settled) throw new MessageBusyError('another sender has just let go of this message');
}

async function change(
  db: Database,
  { brand, couponKey }: MessageRef,
  { update, condition, values }: { update: string; condition: string; values: Item },
): Promise<{ changed: boolean; before?: StoredCoupon | undefined }> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(offerKeys.coupon(brand, couponKey)),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: { '#send': 'send' },
        ExpressionAttributeValues: toItem(values),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { changed: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { changed: false, before: error.Item && fromItem<StoredCoupon>(error.Item) };
  }
}
