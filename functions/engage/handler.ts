import { SignalSchema } from '#core/model/signal.ts';
import { queueFunction } from '../shared/worker.ts';
import { engage } from './engage.ts';

/** Signals become decisions: offers, ghost offers, or recorded reasons why not. */
export const handler = queueFunction('engage', SignalSchema, engage);
