/** A line of somebody's log: when it may have begun and ended (epoch ms, in order), as far as the text of it tells. */
export type Line = { starts: number[]; ends: number[] };
export type Interval = { startedAt: number; endedAt: number };
export type Unfolded = { ok: true; interval: Interval } | { ok: false; reason: string };

/**
 * Which instants the lines of a log mean, in the hour that autumn's clocks show twice: a line ends after it begins and
 * within `longestMs`, and a log is in order, so that what follows a step back of the clock is the second time. What
 * still may be either is refused: an hour's error credits a coupon to the wrong advert.
 * @param lines in the order of the log: the first began first, or last
 */
export function unfold(lines: readonly Line[], longestMs: number): Unfolded[] {
  const possible = lines.map(({ starts, ends }) =>
    starts.filter((start) => ends.some((end) => end > start && end - start <= longestMs)),
  );
  const ordered = inOrder(possible) ?? inOrder(possible.toReversed())?.toReversed() ?? possible;
  return lines.map((line, index) => judge(line, ordered[index] ?? [], longestMs));
}

function judge(line: Line, starts: readonly number[], longestMs: number): Unfolded {
  const refuse = (reason: string): Unfolded => ({ ok: false, reason });
  if (line.starts.length === 0) return refuse('begins in an hour that the clocks left out');
  if (line.ends.length === 0) return refuse('ends in an hour that the clocks left out');
  const pairs = starts.flatMap((startedAt) =>
    line.ends
      .filter((endedAt) => endedAt > startedAt && endedAt - startedAt <= longestMs)
      .map((endedAt) => ({ startedAt, endedAt })),
  );
  const [interval, ...others] = pairs;
  if (interval && others.length === 0) return { ok: true, interval };
  if (interval) return refuse('is in an hour that the clocks showed twice, and nothing tells which time it was');
  const last = Math.max(...line.ends);
  return refuse(
    line.starts.every((start) => last <= start) ? 'does not end after it begins' : 'is longer than an hour',
  );
}

/**
 * Of each line the starts that are possible where no line begins before the one before it; undefined where that cannot
 * be: such a log is in no order. Lines without a start are passed over.
 */
function inOrder(possible: readonly number[][]): number[][] | undefined {
  const isDone = (starts: readonly number[][]) => starts.some((own, at) => own.length === 0 && possible[at]?.length);
  let earliest = Number.NEGATIVE_INFINITY;
  const forward = possible.map((starts) => {
    const own = starts.filter((start) => start >= earliest);
    if (own.length > 0) earliest = Math.min(...own);
    return own;
  });
  if (isDone(forward)) return undefined;
  let latest = Number.POSITIVE_INFINITY;
  return forward
    .toReversed()
    .map((starts) => {
      const own = starts.filter((start) => start <= latest);
      if (own.length > 0) latest = Math.max(...own);
      return own;
    })
    .toReversed();
}
