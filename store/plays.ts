import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type Airing, MAX_LOOKBACK_MS, MAX_UNCERTAINTY_MS } from '#core/screens/on-air.ts';
import {
  formatRanges,
  gapsOf,
  hasSequence,
  parseRanges,
  type Range,
  withSequences,
} from '#core/screens/sequence-ranges.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import { ConflictError } from './conflict.ts';
import { PLAY_SPAN_MS, playKeys, type Tenant } from './keys.ts';
import { queryAll } from './read.ts';

/** A year can be compared with the one before it. */
const PLAY_TTL_SECONDS = 400 * 86_400;
/** A play lies in every span that it or this much before or after it touches: so one span answers for any moment in it. */
const MARGIN_MS = MAX_UNCERTAINTY_MS + MAX_LOOKBACK_MS;
/** Rows looked at for one moment, the last started first: ten minutes of plays of half a second each. */
const MAX_AROUND = 1200;
const BATCH_WRITE_ITEMS = 25;
/** BatchWriteItem requests under way at once. */
const BATCHES_AT_ONCE = 4;
/** Spans read ahead of who lists plays: a month has 4,464. */
const SPANS_AT_ONCE = 12;
/** Plays that may be open in one log; of more, the last are remembered. A screen shows one at a time. */
export const MAX_OPEN = 10;
/** A log with more holes than this is no log. */
export const MAX_RANGES = 2_000;
const MAX_TRIES = 10;

/** Attribute names are short because there are many rows: end, creative, brand, uncertainty, open. */
type Row = { sk: string; e: number; c: string; b?: string; u: number; o?: 1 };
/** `was`: when an open play began and shall end, by its sequence number: where its rows are. */
type Log = { ranges: Range[]; opens: Record<string, [startedAt: number, endsAt: number]>; version: number } & Stretch;
type StoredLog = { ranges: string; opens: Log['opens']; version: number } & Stretch;
/** When the first play of a log began, and the last: outside of all stretches there is nothing to look for. */
type Stretch = { a: number; z: number };

/** What came of plays of one log: new ones, ones that had come before, and what is missing of the log by now. */
export type Recorded = { accepted: number; repeated: number; gaps: Range[] };

/**
 * Takes plays of one log of a screen, each once however often it is told: the first word about a sequence number holds.
 * An open play is known until the final one of the same number takes its place; finals alone count in `gaps`.
 *
 * Rows come first, the ranges that say that they are there after them: what a crash leaves in between, the same call
 * completes. Open rows are written together with the log's note of where they are, so that the final play finds them.
 * @throws RangeError when the log would have more than MAX_RANGES holes; nothing counts as received then
 * @throws ConflictError when too many others write to the log
 */
export async function recordPlays(
  db: Database,
  owner: Tenant,
  screenId: string,
  { logId, plays }: { logId: string; plays: readonly Airing[] },
): Promise<Recorded> {
  const at = { owner, screenId };
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    if (attempt > 0) await db.sleep(5 * 2 ** attempt);
    const log = await getLog(db, at, logId);
    const { finals, opens } = newOnes(log, plays);
    const ranges = withSequences(
      log.ranges,
      finals.map(({ sequence }) => sequence),
    );
    const recorded = {
      accepted: finals.length + opens.length,
      repeated: plays.length - finals.length - opens.length,
      gaps: gapsOf(ranges),
    };
    if (recorded.accepted === 0) return recorded;
    if (ranges.length > MAX_RANGES) throw new RangeError(`the log has more than ${MAX_RANGES} gaps`);
    await writeRows(db, at, finals, leftovers(at, log, finals));
    if (await writeLog(db, at, { logId, log, ranges, opens, finals })) return recorded;
  }
  throw new ConflictError('the log is written by too many at once');
}

/**
 * Writes plays that have a name of their own and need no log: what is imported. Again is the same. Rows come first, then
 * the note of when they were.
 */
export async function putPlays(db: Database, owner: Tenant, screenId: string, plays: readonly Airing[]): Promise<void> {
  if (plays.length === 0) return;
  await writeRows(db, { owner, screenId }, plays, []);
  const { a, z } = stretchOf(plays);
  // No log of a client's has a hash sign in its name.
  const Item = toItem({ ...playKeys.log(owner, screenId, `import#${a}-${z}`), a, z, ttl: ttlOf(z) });
  await db.client.send(new PutItemCommand({ TableName: db.table('plays'), Item }));
}

/**
 * The airings that may have been on air between `from` and `to` (epoch ms, at most MAX_LOOKBACK_MS apart), whatever
 * their clocks' uncertainty: one query of one partition, consistent, because an offer hangs on it.
 */
export async function airingsAround(
  db: Database,
  owner: Tenant,
  screenId: string,
  { from, to }: { from: number; to: number },
): Promise<Airing[]> {
  if (to - from > MAX_LOOKBACK_MS) throw new RangeError(`looks back further than ${MAX_LOOKBACK_MS} ms`);
  const { ExpressionAttributeValues, ...rows } = rowsStarted({ owner, screenId }, spanOf(to), {
    from: 0,
    to: to + MARGIN_MS,
  });
  const output = await db.client.send(
    new QueryCommand({
      TableName: db.table('plays'),
      ...rows,
      // Of the forty that are read, the few that may matter travel.
      FilterExpression: 'e > :gone',
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ':gone': { N: String(from - MAX_UNCERTAINTY_MS) } },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: MAX_AROUND,
    }),
  );
  return (output.Items ?? []).map((item) => airingOf(fromItem<Row>(item)));
}

/**
 * The plays of a screen that began in `[from, to)` (epoch ms), in the order in which they began, each once:
 * `{creativeId, brand (undefined: the owner's), startedAt, endedAt, open, uncertaintyMs, logId, sequence}`.
 * `open` ones have not been reported as ended; `endedAt` is then when they should have.
 */
export async function* listPlays(
  db: Database,
  owner: Tenant,
  screenId: string,
  { from, to }: { from: number; to: number },
): AsyncGenerator<Airing> {
  if (from >= to) return;
  const stretches: Stretch[] = [];
  const where = { pk: playKeys.log(owner, screenId, '').pk, skPrefix: '', consistent: true };
  for await (const log of queryAll<Stretch>(db, 'plays', where)) stretches.push(log);
  const first = spanOf(from);
  const all = Array.from({ length: spanOf(to - 1) - first + 1 }, (_, index) => first + index);
  const played = all.filter((span) => stretches.some(({ a, z }) => spanOf(a) <= span && span <= spanOf(z)));
  for (let start = 0; start < played.length; start += SPANS_AT_ONCE) {
    const spans = played.slice(start, start + SPANS_AT_ONCE);
    const found = await Promise.all(
      // A play is looked for in the one span in which it began.
      spans.map((span) =>
        playsOfSpan(db, { owner, screenId }, span, {
          from: Math.max(from, span * PLAY_SPAN_MS),
          to: Math.min(to, (span + 1) * PLAY_SPAN_MS) - 1,
        }),
      ),
    );
    for (const plays of found) yield* plays;
  }
}

type At = { owner: Tenant; screenId: string };
const ttlOf = (ms: number): number => Math.floor(ms / 1000) + PLAY_TTL_SECONDS;
const spanOf = (ms: number): number => Math.floor(ms / PLAY_SPAN_MS);

async function playsOfSpan(
  db: Database,
  at: At,
  span: number,
  started: { from: number; to: number },
): Promise<Airing[]> {
  const plays: Airing[] = [];
  let next: QueryCommandInput['ExclusiveStartKey'];
  do {
    const output = await db.client.send(
      new QueryCommand({
        TableName: db.table('plays'),
        ...rowsStarted(at, span, started),
        ...(next && { ExclusiveStartKey: next }),
      }),
    );
    plays.push(...(output.Items ?? []).map((item) => airingOf(fromItem<Row>(item))));
    next = output.LastEvaluatedKey;
  } while (next);
  return plays;
}

/** The rows of a span that began between two milliseconds, both included. */
function rowsStarted({ owner, screenId }: At, span: number, { from, to }: { from: number; to: number }) {
  return {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ProjectionExpression: 'sk, e, c, b, u, o',
    ExpressionAttributeValues: toItem({
      ':pk': playKeys.span(owner, screenId, span),
      ':from': String(from).padStart(14, '0'),
      // Every log's id comes after a hash sign and before a tilde.
      ':to': `${String(to).padStart(14, '0')}~`,
    }),
  };
}

function airingOf({ sk, e, c, b, u, o }: Row): Airing {
  const [startedAt = '', logId = '', sequence = ''] = sk.split('#');
  return {
    creativeId: c,
    brand: b,
    startedAt: Number(startedAt),
    endedAt: e,
    open: o === 1,
    uncertaintyMs: u,
    logId,
    sequence: Number(sequence),
  };
}

function itemsOf(at: At, play: Airing): Item[] {
  const { creativeId: c, brand: b, endedAt: e, uncertaintyMs: u, open } = play;
  const ttl = ttlOf(play.startedAt);
  return keysOf(at, play).map((key) => ({ ...key, e, c, b, u, ...(open && { o: 1 }), ttl }));
}

function keysOf({ owner, screenId }: At, play: Pick<Airing, 'startedAt' | 'endedAt' | 'logId' | 'sequence'>): Key[] {
  const { startedAt, endedAt, logId, sequence } = play;
  const first = spanOf(startedAt - MARGIN_MS);
  return Array.from({ length: spanOf(endedAt + MARGIN_MS) - first + 1 }, (_, index) =>
    playKeys.play(owner, screenId, first + index, startedAt, logId, sequence),
  );
}

/** Of what is told, what the log does not know yet: one of each number, and of an open and a final one the final. */
function newOnes(log: Log, plays: readonly Airing[]): { finals: Airing[]; opens: Airing[] } {
  const chosen = new Map<number, Airing>();
  for (const play of plays) {
    const other = chosen.get(play.sequence);
    const isKnown = hasSequence(log.ranges, play.sequence) || (play.open && String(play.sequence) in log.opens);
    if (!isKnown && (!other || (other.open && !play.open))) chosen.set(play.sequence, play);
  }
  const [finals, opens] = [[] as Airing[], [] as Airing[]];
  for (const play of chosen.values()) (play.open ? opens : finals).push(play);
  return { finals, opens };
}

/** Rows of open plays that their final ones do not write over. */
function leftovers(at: At, log: Log, finals: readonly Airing[]): Key[] {
  return finals.flatMap((play) => {
    const [startedAt, endedAt] = log.opens[play.sequence] ?? [];
    if (startedAt === undefined || endedAt === undefined) return [];
    const kept = new Set(keysOf(at, play).map(({ pk, sk }) => `${pk} ${sk}`));
    return keysOf(at, { ...play, startedAt, endedAt }).filter(({ pk, sk }) => !kept.has(`${pk} ${sk}`));
  });
}

async function writeRows(db: Database, at: At, plays: readonly Airing[], deleted: readonly Key[]): Promise<void> {
  const requests: WriteRequest[] = [
    ...plays.flatMap((play) => itemsOf(at, play)).map((item) => ({ PutRequest: { Item: toItem(item) } })),
    ...deleted.map((key) => ({ DeleteRequest: { Key: toKey(key) } })),
  ];
  const batches = Array.from({ length: Math.ceil(requests.length / BATCH_WRITE_ITEMS) }, (_, index) =>
    requests.slice(index * BATCH_WRITE_ITEMS, (index + 1) * BATCH_WRITE_ITEMS),
  );
  const worker = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await writeBatch(db, batch);
  };
  await Promise.all(Array.from({ length: Math.min(BATCHES_AT_ONCE, batches.length) }, worker));
}

type WriteRequest =
  | { PutRequest: { Item: ReturnType<typeof toItem> } }
  | { DeleteRequest: { Key: ReturnType<typeof toKey> } };

async function writeBatch(db: Database, batch: readonly WriteRequest[]): Promise<void> {
  const table = db.table('plays');
  let request = [...batch];
  for (let round = 0; request.length > 0; round += 1) {
    if (round > 8) throw new Error(`BatchWriteItem left ${request.length} plays unprocessed`);
    if (round > 0) await db.sleep(20 * 2 ** round);
    const output = await db.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: request } }));
    request = (output.UnprocessedItems?.[table] ?? []) as WriteRequest[];
  }
}

async function getLog(db: Database, { owner, screenId }: At, logId: string): Promise<Log> {
  const output = await db.client.send(
    new GetItemCommand({
      TableName: db.table('plays'),
      Key: toKey(playKeys.log(owner, screenId, logId)),
      ConsistentRead: true,
    }),
  );
  if (!output.Item) return { ranges: [], opens: {}, version: 0, ...stretchOf([]) };
  const { ranges, ...log } = fromItem<StoredLog>(output.Item);
  return { ...log, ranges: parseRanges(ranges) };
}

/** Not by spreading them into a call: an import has thousands. */
function stretchOf(plays: readonly Airing[]): Stretch {
  const stretch = { a: Number.POSITIVE_INFINITY, z: Number.NEGATIVE_INFINITY };
  for (const { startedAt } of plays) {
    stretch.a = Math.min(stretch.a, startedAt);
    stretch.z = Math.max(stretch.z, startedAt);
  }
  return stretch;
}

/** The log as it is after these plays, and the rows of open ones with it. False when somebody else was faster. */
async function writeLog(
  db: Database,
  at: At,
  change: { logId: string; log: Log; ranges: Range[]; opens: Airing[]; finals: Airing[] },
): Promise<boolean> {
  const { logId, log, ranges, opens, finals } = change;
  const ended = new Set(finals.map(({ sequence }) => String(sequence)));
  const open = [
    ...Object.entries(log.opens).filter(([sequence]) => !ended.has(sequence)),
    ...opens.map(({ sequence, startedAt, endedAt }) => [String(sequence), [startedAt, endedAt]] as const),
  ].sort(([left], [right]) => Number(left) - Number(right));
  const told = stretchOf([...finals, ...opens]);
  const z = Math.max(log.z, told.z);
  const Item = toItem({
    ...playKeys.log(at.owner, at.screenId, logId),
    ranges: formatRanges(ranges),
    opens: Object.fromEntries(open.slice(-MAX_OPEN)),
    version: log.version + 1,
    a: Math.min(log.a, told.a),
    z,
    ttl: ttlOf(z),
  });
  const unchanged = {
    ConditionExpression: 'attribute_not_exists(pk) OR #version = :was',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':was': { N: String(log.version) } },
  };
  const rows = opens.flatMap((play) => itemsOf(at, play));
  try {
    if (rows.length === 0) {
      await db.client.send(new PutItemCommand({ TableName: db.table('plays'), Item, ...unchanged }));
    } else {
      const puts = rows.map((row) => ({ Put: { TableName: db.table('plays'), Item: toItem(row) } }));
      const items = [{ Put: { TableName: db.table('plays'), Item, ...unchanged } }, ...puts];
      await db.client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    }
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof ConditionalCheckFailedException ||
  error instanceof TransactionConflictException ||
  error instanceof TransactionCanceledException;
