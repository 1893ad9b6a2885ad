import { digestId } from '../hash.ts';
import type { MessageState } from '../model/message.ts';

export type MessageFacts = {
  send: MessageState;
  sendReason?: string | undefined;
  /** Epoch milliseconds. */
  freshUntil: number;
};

/** A coupon has one message, whose id follows from it. */
export const messageIdOf = (couponId: string): string => digestId('message', couponId);

/**
 * What a message is at an instant. One that nobody took while it was fresh will never be sent, whatever the record
 * still says: no queue, sweeper or redrive is needed for it to end, and none can revive it.
 */
export function messageStateAt(
  { send, sendReason, freshUntil }: MessageFacts,
  now: number,
): {
  state: MessageState;
  reason?: string;
} {
  if (send === 'PENDING' && now > freshUntil) return { state: 'SKIPPED', reason: STALE };
  return { state: send, ...(sendReason !== undefined && { reason: sendReason }) };
}

export const STALE = 'stale';
