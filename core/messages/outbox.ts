import { digestId } from '../hash.ts';
import type { MessageState } from '../model/message.ts';

export type MessageFacts = {
  send: MessageState;
  sendReason?: string | undefined;
  /** Epoch milliseconds. */
  freshUntil: number;
  sendLeaseUntil?: number | undefined;
};

/** No sender that is still alive can have taken a message so long before its lease ended: Lambda's own limit. */
const SENDER_LIFE_MS = 15 * 60_000;

/** A coupon has one message, whose id follows from it. */
export const messageIdOf = (couponId: string): string => digestId('message', couponId);

/**
 * What a message is at an instant. One that nobody took while it was fresh will never be sent, whatever the record
 * still says, and one whose sender has been silent for longer than it can live is unknown: no queue, sweeper or redrive is needed for it to end, and none can revive it.
 */
export function messageStateAt(
  { send, sendReason, freshUntil, sendLeaseUntil }: MessageFacts,
  now: number,
): {
  state: MessageState;
  reason?: string;
} {
  if (send === 'PENDING' && now > freshUntil) return { state: 'SKIPPED', reason: STALE };
  if (send === 'SENDING' && sendLeaseUntil !== undefined && now > sendLeaseUntil + SENDER_LIFE_MS) {
    return { state: 'UNKNOWN', reason: SENDER_LOST };
  }
  return { state: send, ...(sendReason !== undefined && { reason: sendReason }) };
}

export const STALE = 'stale';
export const SENDER_LOST = 'sender-lost';
