import { decide } from '#core/decide/decide.ts';
import type { Signal } from '#core/model/signal.ts';
import { recordDecisions, recordSkip } from '#store/ledger.ts';
import type { Runtime } from '../shared/runtime.ts';
import { gather } from './gather.ts';

/** Each try starts from fresh facts; this many losing races for one person or one stock item is a storm. */
const MAX_TRIES = 10;
const BACKOFF_MS = 15;

/** Gather, decide, act: what one signal leads to, recorded once however often it is delivered. */
export async function engage(signal: Signal, runtime: Runtime): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const now = runtime.now();
    const gathered = await gather(runtime, signal, now);
    if ('skip' in gathered) {
      await recordSkip(runtime.db, {
        signal: gathered.signal,
        personId: gathered.personId,
        reason: gathered.skip,
        now,
      });
      return;
    }
    const { facts, allCampaigns } = gathered;
    const decisions = decide(facts);
    const couponSecret = await runtime.secret('couponSecret');
    const result = await recordDecisions(runtime.db, { facts, decisions, allCampaigns, couponSecret });
    if (result === 'recorded') return;
    // Full jitter: those who collided once should not meet again.
    await runtime.sleep(runtime.random() * BACKOFF_MS * 2 ** attempt);
  }
  throw new Error('the facts changed too often to decide');
}
