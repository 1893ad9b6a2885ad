/** Sequence numbers that have come, as ranges with both ends in them: sorted, apart, never touching. */
export type Range = { from: number; to: number };

/** The ranges and these numbers, in any order and however often. */
export function withSequences(ranges: readonly Range[], sequences: readonly number[]): Range[] {
  const all = [...ranges, ...sequences.map((sequence) => ({ from: sequence, to: sequence }))];
  const merged: Range[] = [];
  for (const { from, to } of all.sort((left, right) => left.from - right.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

export const hasSequence = (ranges: readonly Range[], sequence: number): boolean =>
  ranges.some(({ from, to }) => from <= sequence && sequence <= to);

/** What is missing between the first number and the last: a log begins where its player says. */
export const gapsOf = (ranges: readonly Range[]): Range[] =>
  ranges.slice(1).map(({ from }, index) => ({ from: (ranges[index] as Range).to + 1, to: from - 1 }));

/** `0-41,43`: a healthy log of years is a few bytes. */
export const formatRanges = (ranges: readonly Range[]): string =>
  ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');

export function parseRanges(text: string): Range[] {
  if (text === '') return [];
  return text.split(',').map((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return { from, to };
  });
}
