import { type OnAir, onAirAt } from '#core/screens/on-air.ts';
import type { Tenant } from '#store/keys.ts';
import { airingsAround } from '#store/plays.ts';
import type { Runtime } from './runtime.ts';

/**
 * What was on air at a screen at `at` (epoch ms), or within `lookbackMs` before it: candidates with their shares, the
 * likeliest first, and the share of which nobody knows; without any play, that is all of it. A candidate without a
 * brand is the screen's owner's. One query, whatever the number of plays.
 * @throws RangeError when it looks back further than MAX_LOOKBACK_MS (2 s)
 */
export async function onAirAtScreen(
  { db }: Pick<Runtime, 'db'>,
  owner: Tenant,
  screenId: string,
  at: number,
  lookbackMs = 0,
): Promise<OnAir> {
  const window = { from: at - lookbackMs, to: at };
  return onAirAt(await airingsAround(db, owner, screenId, window), window);
}
