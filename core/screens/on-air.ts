/** One airing of a creative, as far as it is known: half-open, in epoch milliseconds of the server's clock. */
export type Airing = {
  creativeId: string;
  /** Whose creative; undefined: the screen's owner's. */
  brand: string | undefined;
  startedAt: number;
  /** Of an airing that has not ended yet (`open`), when it will have. */
  endedAt: number;
  open: boolean;
  /** The player's clock may be this far off, either way. */
  uncertaintyMs: number;
  logId: string;
  sequence: number;
};

/** A creative that may have been on air, and how likely: shares of all candidates and of `unknownShare` add up to 1. */
export type Candidate = {
  creativeId: string;
  brand: string | undefined;
  share: number;
  startedAt: number;
  endedAt: number;
};
export type OnAir = { candidates: Candidate[]; unknownShare: number; uncertaintyMs: number };
