import { decide } from '#core/decide/decide.ts';
import type { Signal } from '#core/model/signal.ts';
import { recordDecisions, recordSkip } from '#store/ledger.ts';
import { database } from '../shared/process.ts';
import { secret } from '../shared/secrets.ts';
import { gather } from './gather.ts';

/** Each try starts from fresh facts; this many losing races for one person or one stock item is a storm. */
const MAX_TRIES = 10;
const BACKOFF_MS = 15;

/** Gather, decide, act: what one signal leads to, recorded once however often it is delivered. */
export async function engage(signal: Signal): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const now = Date.now();
    const gathered = await gather(signal, now);
    if ('skip' in gathered) {
      await recordSkip(database(), {
        signal: gathered.signal,
        personId: gathered.personId,
        reason: gathered.skip,
        now,
      });
      return;
    }
    const { facts, allCampaigns } = gathered;
    const decisions = decide(facts);
    const couponSecret = await secret('couponSecret');
    const result = await recordDecisions(database(), { facts, decisions, allCampaigns, couponSecret });
    if (result === 'recorded') return;
    // Full jitter: those who collided once should not meet again.
    await new Promise((done) => setTimeout(done, Math.random() * BACKOFF_MS * 2 ** attempt));
  }
  throw new Error('the facts changed too often to decide');
}
