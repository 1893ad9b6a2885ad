import * as z from 'zod/mini';
import { CHANNELS } from './person.ts';

/** PENDING and SENDING are on the way; the other four are terminal, and a message reaches exactly one of them. */
export const MESSAGE_STATES = ['PENDING', 'SENDING', 'SENT', 'SKIPPED', 'FAILED', 'UNKNOWN'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

export const MessageViewSchema = z.object({
  messageId: z.string(),
  channel: z.enum(CHANNELS),
  state: z.enum(MESSAGE_STATES),
  reason: z.optional(z.string()),
  at: z.iso.datetime(),
  couponId: z.optional(z.string()),
});
