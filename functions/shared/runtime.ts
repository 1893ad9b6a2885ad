import type { Channel } from '#core/model/person.ts';
import type { Database } from '#store/client.ts';
import type { CatalogueCache } from '#store/snapshot.ts';
import type { LeaseHand } from '../engage/lease-hand.ts';
import type { Locator, QueueName, SecretName } from '../routes.ts';
import type { sweepDeadLetters } from './dead-letters.ts';
import type { OutgoingMessage } from './queues.ts';

/**
 * All that a step may use of the process that runs it: one object, built once for each Lambda environment by
 * `process.ts`. Time, chance and every way out are in it, so that a simulator can own them and nothing else changes.
 */
export type Runtime = {
  readonly db: Database;
  readonly catalogue: CatalogueCache;
  /** Channels that have a sender in this deployment; the others exist only on paper. */
  readonly channels: readonly Channel[];
  /** On one machine, receivers of webhooks may be on it; on AWS never. */
  readonly loopbackWebhooks?: boolean;
  /** Who tells where devices are; `embedded` where it is not said. */
  readonly locator?: Locator;
  /** Leases of stock that this process holds. */
  readonly leases: LeaseHand;
  /** Epoch milliseconds. */
  now: () => number;
  /** In [0, 1): for jitter, never for a decision. */
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  secret: (name: SecretName) => Promise<string>;
  /** Resolves only when every message is stored; throws otherwise, and the caller's retry repeats all. */
  send: (queue: QueueName, messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Puts a message that cannot be handled where a person will look at it, with the reason. */
  sendToDeadLetters: (queue: QueueName, message: OutgoingMessage) => Promise<void>;
  /** Deletes the dead letters that are doomed; only where a function erases. */
  sweepDeadLetters?: typeof sweepDeadLetters;
  /** The value of an environment variable that deployment must have set. */
  requireEnv: (name: string) => string;
};
