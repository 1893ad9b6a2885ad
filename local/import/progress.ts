/** What has become of the lines so far. */
export type Counts = { imported: number; unchanged: number; rejected: number };

/** `1,234 of people.csv taken, 12% · 2,300/s · 00:03:10 to go · 12 rejected`. Rates are of this run. */
export function progressLine({
  counts,
  share,
  rate,
  secondsLeft,
}: {
  counts: Counts;
  share: number | undefined;
  rate: number;
  secondsLeft: number | undefined;
}): string {
  const lines = counts.imported + counts.unchanged + counts.rejected;
  return [
    `${count(lines)} lines${share === undefined ? '' : ` (${Math.floor(share * 100)}%)`}`,
    `${count(Math.round(rate))}/s`,
    ...(secondsLeft === undefined ? [] : [`${clock(secondsLeft)} to go`]),
    `${count(counts.rejected)} rejected`,
  ].join(' · ');
}

export const count = (number: number): string => number.toLocaleString('en');

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
