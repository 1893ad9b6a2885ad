/**
 * One exchange with a server, in milliseconds: sent (`t0`, player's clock), received and answered (`t1`, `t2`, server's
 * clock), answer received (`t3`, player's clock). As NTP has it (RFC 5905, section 8).
 */
export type ClockSample = { t0: number; t1: number; t2: number; t3: number };

/** What to add to the player's clock to have the server's, and how far that may be off, either way. */
type ClockReading = { offsetMs: number; uncertaintyMs: number };

/** Samples to keep: eight, as in NTP's clock filter. The quickest of a few tells most; old ones have drifted away. */
export const SAMPLES_KEPT = 8;
/** What a computer's quartz may gain or lose, for its age and the temperature behind a screen: 4.3 seconds a day. */
const DRIFT = 50e-6;
/** The server tells whole milliseconds. */
const TICK_MS = 1;

/**
 * The offset at `now` (player's clock; also some time before) from the last samples: that of the one which says most. A message may have taken
 * all of the round trip one way, so a sample is right within half of it, and since then the clocks have drifted apart.
 * Undefined without samples.
 */
export function clockAt(samples: readonly ClockSample[], now: number): ClockReading | undefined {
  let best: ClockReading | undefined;
  for (const sample of samples.slice(-SAMPLES_KEPT)) {
    const { t0, t1, t2, t3 } = sample;
    const roundTrip = Math.max(0, t3 - t0 - (t2 - t1));
    const age = Math.max(now - t0, t3 - now);
    const uncertaintyMs = roundTrip / 2 + TICK_MS + age * DRIFT;
    if (!best || uncertaintyMs < best.uncertaintyMs) best = { offsetMs: (t1 - t0 + (t2 - t3)) / 2, uncertaintyMs };
  }
  return best;
}
