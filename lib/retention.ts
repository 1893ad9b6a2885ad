import { Duration } from 'aws-cdk-lib';
import type { QueueName, TableName } from '#functions/routes.ts';

/** How long a precise position may lie anywhere. */
export const POSITION_LIFETIME = Duration.hours(24);

/** How long work waits to be done, and how long what could not be done waits to be looked at. */
export type Retention = { queue: Duration; deadLetters: Duration };

/** 14 days are the most that SQS offers: a person has to look. */
export const WORK: Retention = { queue: Duration.days(4), deadLetters: Duration.days(14) };

/**
 * Of a FIFO queue's message the clock starts anew among the dead letters: both together are a position's lifetime.
 * Most of it is a person's: a fix that has waited six hours is no occasion any more.
 */
const POSITIONS: Retention = { queue: Duration.hours(6), deadLetters: Duration.hours(18) };

export const retentionOf = (queue: QueueName): Retention => (queue === 'positions' ? POSITIONS : WORK);

/**
 * A backup would keep positions for 35 days and a stream, which nobody reads, for another day. Nothing is lost without
 * them: a device's presence is made again by its next fixes.
 */
export const isFleeting = (table: TableName): boolean => table === 'presence';
