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

/** Where nothing tells how good a screen's clock is: what one sees of a computer that sets its own by the network. */
export const DEFAULT_UNCERTAINTY_MS = 2_000;
/** A clock that may be further off than this says nothing about what was on air at a moment. */
export const MAX_UNCERTAINTY_MS = 8_000;
/** People tap for what they have just seen: how far at most a question looks back. */
export const MAX_LOOKBACK_MS = 2_000;

/**
 * What was on air between `from` and `to`, both included (epoch ms; the same for a moment).
 *
 * The window is widened on either side by the largest uncertainty of the airings that may touch it, and each creative's
 * share is the part of it that its airings cover: of a clock whose error is anywhere within ±u with equal likelihood
 * that is how likely it was on air. Where airings overlap, the one that started last is seen: a screen shows one
 * thing. What no airing covers is nobody's. A window without length is a moment, which half-open intervals hold or not.
 *
 * Airings may come in any order and more than once; of one `(logId, sequence)` the ended one is believed.
 * Candidates are sorted, the likeliest first, of equals the one that started last.
 */
export function onAirAt(airings: readonly Airing[], { from, to }: { from: number; to: number }): OnAir {
  const known = distinct(airings.filter(({ uncertaintyMs }) => uncertaintyMs <= MAX_UNCERTAINTY_MS));
  const touching = known.filter(
    ({ startedAt, endedAt, uncertaintyMs: own }) => startedAt - own <= to && endedAt + own > from,
  );
  // What lies near, but by its own clock not here, was not on air: the window must not reach for it.
  if (touching.length === 0) return { candidates: [], unknownShare: 1, uncertaintyMs: DEFAULT_UNCERTAINTY_MS };
  const uncertaintyMs = Math.max(...touching.map((airing) => airing.uncertaintyMs));
  const window = { from: from - uncertaintyMs, to: to + uncertaintyMs };
  const seen = window.from === window.to ? seenAt(known, window.from) : seenWithin(known, window);
  const length = window.to - window.from || 1;
  const covered = seen.reduce((sum, { ms }) => sum + ms, 0);
  return { candidates: candidatesOf(seen, length), unknownShare: (length - covered) / length, uncertaintyMs };
}

/** An airing, and for how many milliseconds of the window it was what one saw. */
type Seen = { airing: Airing; ms: number };

function seenAt(airings: readonly Airing[], at: number): Seen[] {
  const holding = airings.filter(({ startedAt, endedAt }) => startedAt <= at && at < endedAt);
  const [top] = holding.sort(lastStartedFirst);
  return top ? [{ airing: top, ms: 1 }] : [];
}

/** From the last started to the first: each takes what is left of the window, which is a list of pieces. */
function seenWithin(airings: readonly Airing[], window: { from: number; to: number }): Seen[] {
  let left = [window];
  const seen: Seen[] = [];
  for (const airing of airings.toSorted(lastStartedFirst)) {
    let ms = 0;
    const rest: typeof left = [];
    for (const piece of left) {
      const start = Math.max(piece.from, airing.startedAt);
      const end = Math.min(piece.to, airing.endedAt);
      if (start >= end) {
        rest.push(piece);
        continue;
      }
      ms += end - start;
      if (piece.from < start) rest.push({ from: piece.from, to: start });
      if (end < piece.to) rest.push({ from: end, to: piece.to });
    }
    if (ms > 0) seen.push({ airing, ms });
    left = rest;
    if (left.length === 0) break;
  }
  return seen;
}

/** A creative's airings together; it is told by that airing of it which was seen longest. */
function candidatesOf(seen: readonly Seen[], length: number): Candidate[] {
  const groups = Map.groupBy(seen, ({ airing }) => `${airing.brand ?? ''}/${airing.creativeId}`);
  const candidates = [...groups.values()].map((group) => {
    // Of equals the first, which is the one that started last.
    const { airing } = group.reduce((best, one) => (one.ms > best.ms ? one : best));
    const { creativeId, brand, startedAt, endedAt } = airing;
    const ms = group.reduce((sum, one) => sum + one.ms, 0);
    return { creativeId, brand, share: ms / length, startedAt, endedAt };
  });
  // The order of the groups is that of their last start; the sort keeps it among equals.
  return candidates.sort((left, right) => right.share - left.share);
}

/** One of each `(logId, sequence)`: the ended one before the open one; two that contradict each other, always the same. */
function distinct(airings: readonly Airing[]): Airing[] {
  const known = new Map<string, Airing>();
  for (const airing of airings) {
    const id = `${airing.logId}#${airing.sequence}`;
    const other = known.get(id);
    if (!other || isBelieved(airing, other)) known.set(id, airing);
  }
  return [...known.values()];
}

function isBelieved(airing: Airing, other: Airing): boolean {
  if (airing.open !== other.open) return !airing.open;
  const order = airing.startedAt - other.startedAt || airing.endedAt - other.endedAt;
  return order === 0 ? nameOf(airing) < nameOf(other) : order < 0;
}
const nameOf = ({ brand = '', creativeId, uncertaintyMs }: Airing) => `${brand}/${creativeId}/${uncertaintyMs}`;

/** Total: no two airings have one log and one sequence number. */
function lastStartedFirst(left: Airing, right: Airing): number {
  if (left.startedAt !== right.startedAt) return right.startedAt - left.startedAt;
  if (left.logId !== right.logId) return left.logId < right.logId ? 1 : -1;
  return right.sequence - left.sequence;
}
