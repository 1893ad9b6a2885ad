import { createHash } from 'node:crypto';
import { IdSchema, InstantSchema } from '../model/common.ts';
import { type Line, unfold } from './fold.ts';
import { type LocalInstants, localInstants } from './local-instants.ts';
import { type Airing, DEFAULT_UNCERTAINTY_MS } from './on-air.ts';
import { MAX_AHEAD_MS, MAX_PLAY_MS } from './play.ts';

/** Plays are kept that long: what is older would be gone at once. */
const MAX_AGE_MS = 400 * 86_400_000;
/** Xibo's own limit for one record. */
const MAX_AGGREGATE_MS = 365 * 86_400_000;

/** A record of somebody else's log, as text by name; what is not there is undefined. */
export type LogRecord = Record<string, string | undefined>;
/** So many plays within a time, without when each of them was: they say nothing about a moment. */
export type Aggregate = { creativeId: string; count: number; from: string; to: string };
export type Imported = { airings: Airing[]; rejected: { index: number; reason: string }[]; aggregates: Aggregate[] };
/** `screenId` and `ownBrand` (undefined on a venue's screen) are the screen's; `now` in epoch ms. */
export type ImportContext = { screenId: string; ownBrand: string | undefined; timeZone: string; now: number };

/** A record that is about a play, or about several; `order`: what is in order of time with its like. */
type Entry = {
  creativeId: string;
  brand?: string | undefined;
  count: number;
  order: string;
  salt?: string | undefined;
};
type Read = (Entry & { index: number } & Line) | { index: number; reason: string };

/**
 * Xibo's proof of play (XMDS SubmitStats), the attributes of each `<stat>`: a layout is the creative `layout-<id>`, a
 * widget `widget-<id>` (its `mediaid` carries the widget's). `fromdt` and `todt` are times of the display's own clock.
 */
export const playsFromXibo = (records: readonly LogRecord[], context: ImportContext): Imported =>
  importRecords(records, context, { prefix: 'xibo', read: readStat });

/**
 * A log as CSV: `creativeId`, `startedAt`, `endedAt`, and if they are there `brand`, `screenId` (then only that screen's
 * are taken) and `sequence`. Times have a zone, or are of the wall clock.
 */
export const playsFromCsv = (records: readonly LogRecord[], context: ImportContext): Imported =>
  importRecords(records, context, { prefix: 'csv', read: readRow });

type Format = { prefix: string; read: (record: LogRecord, context: ImportContext) => Timed | string };
type Timed = Entry & { start: string; end: string };

function importRecords(records: readonly LogRecord[], context: ImportContext, format: Format): Imported {
  const instants = localInstants(context.timeZone);
  const read = records.map((record, index): Read => {
    const timed = format.read(record, context);
    if (typeof timed === 'string') return { index, reason: timed };
    const [starts, ends] = [instantsOf(timed.start, instants), instantsOf(timed.end, instants)];
    if (!starts) return { index, reason: 'its start is not a time' };
    if (!ends) return { index, reason: 'its end is not a time' };
    return { ...timed, index, starts, ends };
  });
  const rejected = read.flatMap((one) => ('reason' in one ? [one] : []));
  const lines = read.flatMap((one) => ('reason' in one ? [] : [one]));
  const airings = new Map<string, Airing>();
  const aggregates: Aggregate[] = [];
  for (const line of lines.filter(({ count }) => count > 1)) {
    const result = aggregateOf(line, context.now);
    if (typeof result === 'string') rejected.push({ index: line.index, reason: result });
    else aggregates.push(result);
  }
  const single = lines.filter(({ count }) => count === 1);
  for (const group of Map.groupBy(single, ({ order }) => order).values()) {
    for (const [at, unfolded] of unfold(group, MAX_PLAY_MS).entries()) {
      const line = group[at] as (typeof group)[number];
      const reason = unfolded.ok ? ageFault(unfolded.interval, context.now, MAX_AGE_MS) : unfolded.reason;
      if (!unfolded.ok || reason) rejected.push({ index: line.index, reason: reason ?? '' });
      else {
        const airing = airingOf(line, unfolded.interval, format.prefix, context);
        airings.set(airing.logId, airing);
      }
    }
  }
  rejected.sort((left, right) => left.index - right.index);
  return { airings: [...airings.values()], rejected, aggregates };
}

/** With a zone it is one instant; without, what the wall clock meant. */
function instantsOf(text: string, instants: LocalInstants): number[] | undefined {
  return InstantSchema.safeParse(text).success ? [Date.parse(text)] : instants(text);
}

function ageFault({ startedAt, endedAt }: { startedAt: number; endedAt: number }, now: number, maxAgeMs: number) {
  if (startedAt < now - maxAgeMs) return 'is more than 400 days ago';
  return endedAt > now + MAX_AHEAD_MS ? 'is more than five minutes in the future' : undefined;
}

function aggregateOf({ creativeId, count, starts, ends }: Entry & Line, now: number): Aggregate | string {
  const [startedAt, endedAt] = [starts[0], ends.at(-1)];
  if (startedAt === undefined || endedAt === undefined) return 'is in an hour that the clocks left out';
  if (endedAt <= startedAt) return 'does not end after it begins';
  if (endedAt - startedAt > MAX_AGGREGATE_MS) return 'is longer than 365 days';
  const fault = ageFault({ startedAt, endedAt }, now, MAX_AGE_MS);
  return fault ?? { creativeId, count, from: new Date(startedAt).toISOString(), to: new Date(endedAt).toISOString() };
}

/** Named by what it says, so that the same log again is the same plays; each is a log of its own, which has no gaps. */
function airingOf(
  { creativeId, brand, salt }: Entry,
  interval: { startedAt: number; endedAt: number },
  prefix: string,
  { screenId, ownBrand }: ImportContext,
): Airing {
  const text = JSON.stringify([screenId, brand, creativeId, interval.startedAt, interval.endedAt, salt]);
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  return {
    creativeId,
    brand: brand === ownBrand ? undefined : brand,
    ...interval,
    open: false,
    uncertaintyMs: DEFAULT_UNCERTAINTY_MS,
    logId: `${prefix}-${digest}`,
    sequence: 0,
  };
}

/** Xibo writes `null`, `undefined` and 0 for none. */
const XIBO_NONE = ['', 'null', 'undefined', '0'];
const XIBO_ID = /^\d{1,20}$/;

function readStat({ fromdt, todt, type, layoutid, mediaid, count = '1' }: LogRecord): Timed | string {
  if (!fromdt) return 'has no fromdt';
  if (!todt) return 'has no todt';
  if (!type) return 'has no type';
  if (fromdt === todt) return 'does not end after it begins';
  if (type === 'event') return 'is an event, not a play';
  if (type !== 'layout' && type !== 'media' && type !== 'widget') return 'is of a type that is not known';
  const [kind, name, id = ''] = type === 'layout' ? ['layout', 'layoutid', layoutid] : ['widget', 'mediaid', mediaid];
  if (XIBO_NONE.includes(id)) return `has no ${name}`;
  if (!XIBO_ID.test(id)) return `has a ${name} that is not a number`;
  const plays = countOf(count);
  if (plays === undefined) return 'has a count that is not a number of plays';
  // Widgets are logged within their layout, and earlier: each kind is in an order of its own.
  return { creativeId: `${kind}-${id}`, count: plays, order: kind, start: fromdt, end: todt };
}

function countOf(text: string): number | undefined {
  if (text === '') return 1;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  return count >= 1 ? count : undefined;
}

function readRow(record: LogRecord, { screenId }: ImportContext): Timed | string {
  const { creativeId = '', brand, startedAt, endedAt, sequence } = record;
  if (record.screenId && record.screenId !== screenId) return 'is of another screen';
  if (!IdSchema.safeParse(creativeId).success) return 'creativeId must be 1 to 64 characters of A-Z a-z 0-9 . _ -';
  if (brand && !IdSchema.safeParse(brand).success) return 'brand must be 1 to 64 characters of A-Z a-z 0-9 . _ -';
  if (!startedAt) return 'has no startedAt';
  if (!endedAt) return 'has no endedAt';
  if (sequence && !/^\d{1,15}$/.test(sequence)) return 'sequence must be a whole number, 0 or more';
  return { creativeId, brand: brand || undefined, count: 1, order: '', salt: sequence, start: startedAt, end: endedAt };
}
