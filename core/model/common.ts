import * as z from 'zod/mini';
import { DAYS } from '../time.ts';

/** Every id a client chooses: 1 to 64 characters, safe in URLs, keys and file names. */
export const IdSchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -'));

/** What people read as the name of something: one line. */
export const NameSchema = z
  .string()
  .check(z.minLength(1), z.maxLength(200), z.regex(/^\P{Cc}*$/u, 'must be one line without control characters'));

/** What others call something, in their own words: a category, an area. One short line. */
export const LabelSchema = z
  .string()
  .check(z.minLength(1), z.maxLength(100), z.regex(/^\P{Cc}*$/u, 'must be one line'));

/** An ISO-8601 instant with a zone, for example `2026-11-01T08:30:00Z`. */
export const InstantSchema = z.iso.datetime({
  offset: true,
  error: 'must be an ISO-8601 time with a zone, such as 2026-11-01T08:30:00Z',
});

/** An IANA time zone name that this runtime knows, for example `Asia/Shanghai`. */
export const TimeZoneSchema = z
  .string()
  .check(z.maxLength(64), z.refine(isTimeZone, 'must be an IANA time zone, such as Asia/Shanghai'));

/** An ISO-8601 duration of days, hours, minutes, seconds: `P7D`, `PT4H`, `P1DT12H`. No months: they have no fixed length. */
export const DurationSchema = z
  .string()
  .check(
    z.refine(
      (text) => parseDurationMs(text) !== undefined,
      'must be an ISO-8601 duration between one second and 366 days, such as P7D or PT4H',
    ),
  );

/** At most `count` in any rolling `window`: half-open, so that what happened exactly a window ago no longer counts. */
export const capSchema = (mostCount: number) =>
  z.strictObject({ count: z.int().check(z.gte(1), z.lte(mostCount)), window: DurationSchema });
export type Cap = z.infer<ReturnType<typeof capSchema>>;

/** Hours of a day, `HH:MM-HH:MM`, half-open; an end before the start runs past midnight. */
export const HoursSchema = z
  .string()
  .check(z.regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be hours such as 16:00-21:00'));

export const DaySchema = z.enum(DAYS);

/** ISO 4217 alphabetic code. */
export const CurrencySchema = z.string().check(z.regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, such as CNY'));

/** Money as integer minor units (fen, cents), at most ten trillion: exact in a double and in DynamoDB. */
export const AmountSchema = z.int().check(z.gte(0), z.lte(1e13));

const DURATION = /^P(?:(\d{1,4})W|(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)$/;
const MAX_DURATION_MS = 366 * 86_400_000;

/** Milliseconds of an ISO-8601 duration without months or years, or undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const total =
    ((weeks ?? 0) * 7 + (days ?? 0)) * 86_400_000 +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    (seconds ?? 0) * 1000;
  return total > 0 && total <= MAX_DURATION_MS ? total : undefined;
}

/** Gates ask for the same few durations of every campaign at every signal. */
const knownDurations = new Map<string, number>();
const MAX_KNOWN_DURATIONS = 1000;

/** Milliseconds of a duration that a schema has already accepted. */
export function durationMs(text: string): number {
  const known = knownDurations.get(text);
  if (known !== undefined) return known;
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new RangeError(`not a duration: ${text}`);
  if (knownDurations.size < MAX_KNOWN_DURATIONS) knownDurations.set(text, ms);
  return ms;
}

/** Making a formatter is the only way to ask, and takes 50 us and 20 kB: an import asks the same few names for ever. */
const knownTimeZones = new Map<string, boolean>();
/** More names than IANA has, so that made-up ones cannot fill the memory. */
const MAX_KNOWN_TIME_ZONES = 1000;

function isTimeZone(name: string): boolean {
  const known = knownTimeZones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    valid = false;
  }
  if (knownTimeZones.size < MAX_KNOWN_TIME_ZONES) knownTimeZones.set(name, valid);
  return valid;
}
