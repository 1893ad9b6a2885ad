import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import type { Campaign } from '#core/model/campaign.ts';
import { durationMs } from '#core/model/common.ts';
import type { MessageState } from '#core/model/message.ts';
import type { Channel } from '#core/model/person.ts';
import type { Signal, SignalKind } from '#core/model/signal.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { offerKeys } from './keys.ts';
import { type Page, type PageRequest, queryPage } from './read.ts';

const MESSAGE_TTL_SECONDS = 400 * 86_400;
/** How long a sender may hold a message; a function that took longer is dead, and what it sent is not known. */
const SEND_LEASE_MS = 30_000;

export type StoredMessage = {
  pk: string;
  sk: string;
  brand: string;
  personId: string;
  messageId: string;
  campaignId: string;
  couponId: string;
  couponKey: string;
  placeId?: string;
  /** Kind of the signal that led to it. */
  signalKind: SignalKind;
  channel: Channel;
  state: MessageState;
  reason?: string;
  /** Epoch milliseconds; a message that has not been sent by `freshUntil` is not sent. */
  createdAt: number;
  freshUntil: number;
  couponExpiresAt: number;
  leaseUntil?: number;
};

/** The outbox row that commits with the coupon. An inbox message is there as soon as it exists. */
export function newMessage(args: {
  signal: Signal;
  campaign: Campaign;
  personId: string;
  couponId: string;
  couponKey: string;
  channel: Channel;
  now: number;
  expiresAt: number;
}): Item {
  const { signal, campaign, personId, couponId, channel, now } = args;
  const messageId = digestId('message', couponId);
  return {
    ...offerKeys.message(signal.brand, personId, new Date(now).toISOString(), messageId),
    entity: 'message',
    brand: signal.brand,
    personId,
    messageId,
    campaignId: campaign.campaignId,
    couponId,
    couponKey: args.couponKey,
    placeId: signal.placeId,
    signalKind: signal.kind,
    channel,
    state: channel === 'inbox' ? 'SENT' : 'PENDING',
    createdAt: now,
    freshUntil: Math.min(now + durationMs(campaign.trigger.freshFor), args.expiresAt),
    couponExpiresAt: args.expiresAt,
    ttl: Math.floor(now / 1000) + MESSAGE_TTL_SECONDS,
  };
}

export async function listMessages(
  db: Database,
  brand: string,
  personId: string,
  page: PageRequest,
): Promise<Page<StoredMessage>> {
  const where = { pk: offerKeys.person(brand, personId), skPrefix: 'M#', newestFirst: true };
  return await queryPage<StoredMessage>(db, 'offers', where, page);
}

/** Another sender holds the message: it may still be sending. Ask again when its lease has ended. */
class MessageBusyError extends Error {
  override name = 'MessageBusyError';
}

/**
 * Takes a pending message for one sender until its lease ends. Undefined when the message has ended. `wasLost` means
 * that an earlier sender died while sending, so nobody knows whether it went out.
 * @throws MessageBusyError
 */
export async function claimMessage(
  db: Database,
  key: Key,
  now: number,
): Promise<{ message: StoredMessage; wasLost: boolean } | undefined> {
  try {
    const output = await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(key),
        UpdateExpression: 'SET #state = :sending, leaseUntil = :lease',
        ConditionExpression: '#state = :pending OR (#state = :sending AND leaseUntil < :now)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: toItem({
          ':sending': 'SENDING',
          ':pending': 'PENDING',
          ':lease': now + SEND_LEASE_MS,
          ':now': now,
        }),
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    const before = output.Attributes && fromItem<StoredMessage>(output.Attributes);
    return before && { message: { ...before, leaseUntil: now + SEND_LEASE_MS }, wasLost: before.state === 'SENDING' };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const { state } = error.Item ? fromItem<StoredMessage>(error.Item) : { state: undefined };
    if (state === 'SENDING') throw new MessageBusyError('another sender holds this message');
    return undefined;
  }
}

/** Ends a claim, or hands it back (`PENDING`). A sender whose lease somebody else has taken over changes nothing. */
export async function completeMessage(
  db: Database,
  message: StoredMessage,
  end: { state: MessageState; reason?: string; providerMessageId?: string },
): Promise<boolean> {
  try {
    await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(message),
        UpdateExpression: `SET #state = :state${end.providerMessageId ? ', providerMessageId = :provider' : ''}${end.reason ? ', reason = :reason' : ' REMOVE reason'}`,
        ConditionExpression: '#state = :sending AND leaseUntil = :lease',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: toItem({
          ':state': end.state,
          ':sending': 'SENDING',
          ':lease': message.leaseUntil,
          ':reason': end.reason,
          ':provider': end.providerMessageId,
        }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
