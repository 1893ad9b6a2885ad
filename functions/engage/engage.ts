import { decide } from '#core/decide/decide.ts';
import type { Signal } from '#core/model/signal.ts';
import { nobodysSignalId } from '#core/signals/nobodys.ts';
import { ConflictError } from '#store/conflict.ts';
import { recordDecisions } from '#store/grant.ts';
import { recordSkip } from '#store/ledger.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';
import { gather } from './gather.ts';
import { afterRefusal, findUnits } from './units.ts';
import { recordVisit } from './visit.ts';

/** Each try starts from fresh facts; this many losing races for one person or one stock item is a storm. */
const MAX_TRIES = 10;
const BACKOFF_MS = 15;

/** Gather, decide, act: what one signal leads to, recorded once however often it is delivered. */
export async function engage(signal: Signal, runtime: Runtime): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    if (await tryOnce(signal, runtime).catch(isConflict)) return;
    // Full jitter: those who collided once should not meet again.
    await runtime.sleep(runtime.random() * BACKOFF_MS * 2 ** attempt);
  }
  throw new ConflictError('the facts changed too often to decide');
}

/** Another delivery of the same signal is being recorded at this moment: look again when it is. */
function isConflict(error: Error): false {
  if (error.name === 'TransactionConflictException') return false;
  throw error;
}

/** False when something moved between reading and writing, and nothing was done. */
async function tryOnce(received: Signal, runtime: Runtime): Promise<boolean> {
  const now = runtime.now();
  const gathered = await gather(runtime, received, now);
  if ('hushed' in gathered) {
    log('INFO', 'a signal from a sensitive place was dropped', { function: 'engage', brand: received.brand, count: 1 });
    return true;
  }
  if ('skip' in gathered) {
    const { skip: reason, seen, ...skipped } = gathered;
    const { personId } = skipped;
    const signal = personId === undefined ? await nobodys(runtime, skipped.signal) : skipped.signal;
    await recordSkip(runtime.db, { ...skipped, signal, reason, now });
    if (seen) await recordVisit(runtime, seen, { isChanged: false });
    return true;
  }
  const { facts, allCampaigns, screenOwner, seen } = gathered;
  const decisions = decide(facts);
  const units = await findUnits(runtime, facts, decisions);
  if (!units) return false;
  const couponSecret = await runtime.secret('couponSecret');
  const { sources } = units;
  const granted = { facts, decisions, allCampaigns, sources, couponSecret, screenOwner };
  const result = await recordDecisions(runtime.db, granted);
  await units.settle(result);
  if (result.outcome === 'recorded') {
    await recordVisit(runtime, seen, { isChanged: decisions.some(({ outcome }) => outcome !== 'skipped') });
    return true;
  }
  await afterRefusal(runtime, facts, result.failures);
  return false;
}

/** A signal of which nobody knows whose it is, under an id that tells nobody whose it was. */
async function nobodys(runtime: Runtime, signal: Signal): Promise<Signal> {
  const { brand, signalId } = signal;
  return { ...signal, signalId: nobodysSignalId(await runtime.secret('couponSecret'), brand, signalId) };
}
