const PATTERN = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Milliseconds of the durations that scenarios use: days, hours, minutes, seconds. A second reading of the same words. */
export function durationMsOf(text: string): number {
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = PATTERN.exec(text) ?? [];
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
