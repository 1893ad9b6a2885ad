import type { Place } from '../model/place.ts';

/** What a place asks of its detection, as in `PlaceInputSchema`; everything has a default. */
export type Sensing = NonNullable<Place['sensing']>;

const ENTER_CONFIDENCE = 0.95;
/** A late exit costs nothing; a false one is followed by a second enter, and a second offer. */
const EXIT_CONFIDENCE = 0.9997;
/** A reflection lasts seconds: at one fix a second, two fixes alone would confirm it. */
const ENTER_AFTER_SECONDS = 5;
const EXIT_AFTER_SECONDS = 10;
/** Jitter of a phone at rest beside a wall. */
const EXIT_MARGIN_M = 4;

export type Demand = {
  /** Log-odds that fixes must add up to. */
  enterOdds: number;
  exitOdds: number;
  enterAfterMs: number;
  exitAfterMs: number;
  /** Metres beyond the edge that still count as inside for who is in. */
  exitMarginM: number;
};

const DEFAULT = demandOf({});

export function sensingOf(sensing: Sensing | undefined): Demand {
  return sensing ? demandOf(sensing) : DEFAULT;
}

function demandOf(sensing: Sensing): Demand {
  const {
    minConfidence,
    enterAfterSeconds = ENTER_AFTER_SECONDS,
    exitAfterSeconds = EXIT_AFTER_SECONDS,
    exitMarginM = EXIT_MARGIN_M,
  } = sensing;
  return {
    enterOdds: oddsOf(minConfidence ?? ENTER_CONFIDENCE),
    exitOdds: oddsOf(minConfidence ?? EXIT_CONFIDENCE),
    enterAfterMs: enterAfterSeconds * 1000,
    exitAfterMs: exitAfterSeconds * 1000,
    exitMarginM,
  };
}

function oddsOf(confidence: number): number {
  return Math.log(confidence / (1 - confidence));
}
