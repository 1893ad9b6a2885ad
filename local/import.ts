import {
  appendFileSync,
  closeSync,
  createReadStream,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { importId, readCheckpoint, writeCheckpoint } from './import/checkpoint.ts';
import { type Options, readOptions, UsageError } from './import/options.ts';
import { type Part, type Position, partsOf, type Shape, TooLargeError } from './import/parts.ts';
import { type Counts, clock, count, progressLine } from './import/progress.ts';

/** A throttled or restarting API is a matter of moments; after about two minutes it is something else. */
const MAX_TRIES = 8;
const REQUEST_MS = 60_000;
/** How often progress is told where nobody watches a terminal. */
const LOG_MS = 10_000;

/** The API said no to a whole request, or nothing at all: what is done is done, and `--resume` goes on. */
class StoppedError extends Error {
  override name = 'StoppedError';
}

type Answer = { imported: number; unchanged?: number; rejected: { line?: number; index?: number }[] };

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  const id = importId(options.file, options.target);
  const before = options.resume ? readCheckpoint(options.checkpoint) : undefined;
  if (before && before.of !== id) {
    throw new UsageError(
      `${options.checkpoint} is of another file or other options: without --resume it begins anew\n`,
    );
  }
  // What a killed run wrote after its last checkpoint is written again.
  if (before) truncateSync(options.rejects, before.rejectsBytes);
  else writeFileSync(options.rejects, '');
  let position: Position = before?.position ?? { offset: 0, lines: 0 };
  const counts = before?.counts ?? { imported: 0, unchanged: 0, rejected: 0 };
  const watch = watchProgress(options, counts);
  for await (const part of partsOf(bytesOf(options.file, position), shapeOf(options), position, options.rows)) {
    const answer = await send(options, part);
    const rejected = answer.rejected.map((reject) => ({ ...reject, ...lineOf(reject.line, part) }));
    appendFileSync(options.rejects, rejected.map((reject) => `${JSON.stringify(reject)}\n`).join(''));
    counts.imported += answer.imported;
    counts.unchanged += answer.unchanged ?? 0;
    counts.rejected += rejected.length;
    position = part.position;
    writeCheckpoint(options.checkpoint, { of: id, position, counts, rejectsBytes: statSync(options.rejects).size });
    watch(position.offset);
  }
  rmSync(options.checkpoint, { force: true });
  process.stdout.write(`${watch.summary()}\n`);
  return 0;
}

const lineOf = (line: number | undefined, part: Part) => (line === undefined ? {} : { line: line + part.linesBefore });

/** One part, tried again while the API is busy or not there. */
async function send({ target, token }: Options, part: Part): Promise<Answer> {
  let trouble = '';
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    if (attempt > 0) await sleep(500 * 2 ** attempt);
    const response = await fetch(target, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(part.text, 'latin1'),
      signal: AbortSignal.timeout(REQUEST_MS),
    }).catch((error: Error) => error);
    if (response instanceof Error) {
      trouble = response.cause instanceof Error ? response.cause.message : response.message;
      continue;
    }
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Answer;
    trouble = `${response.status} ${text.slice(0, 2000)}`;
    if (response.status !== 429 && response.status < 500) break;
  }
  throw new StoppedError(`stopped at line ${part.linesBefore + 1}: ${trouble}`);
}

/** The bytes of a file from an offset, unpacked where it is packed: of a packed one, what was done is read and left. */
async function* bytesOf(file: string, { offset }: Position): AsyncGenerator<Buffer> {
  if (!isPacked(file)) {
    yield* createReadStream(file, { start: offset, highWaterMark: 1024 * 1024 });
    return;
  }
  let skip = offset;
  const stream = createReadStream(file).on('error', (error) => unpacked.destroy(error));
  const unpacked = createGunzip();
  for await (const chunk of stream.pipe(unpacked) as AsyncIterable<Buffer>) {
    const left = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - left.length;
    if (left.length > 0) yield left;
  }
}

const isPacked = (file: string): boolean => headOf(file, 2).equals(Buffer.from([0x1f, 0x8b]));

function headOf(file: string, length: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(length);
    return head.subarray(0, readSync(descriptor, head, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function shapeOf({ file, format }: Options): Shape {
  if (format === 'pinpoint-segments') return { kind: 'whole' };
  if (format === 'csv' || format === 'square-customers') return { kind: 'csv' };
  if (!format.startsWith('shopify-') && format !== 'square-orders') return { kind: 'lines' };
  const head = isPacked(file)
    ? ''
    : headOf(file, 4096)
        .toString('latin1')
        .replace(/^\u00EF\u00BB\u00BF/, '');
  const isTable = format !== 'square-orders' && !/^\s*[[{]/.test(head);
  if (isTable) return { kind: 'csv', ...(format === 'shopify-orders' && { together: 'Name' }) };
  // An answer of the API is one document; an export of a bulk operation has one thing a line.
  return /^\s*(\[|\{\s*"(orders|customers)"\s*:)/.test(head) ? { kind: 'whole' } : { kind: 'lines' };
}

/** Tells how it goes: on a terminal in one line that changes, else now and then in a line of its own. */
function watchProgress({ file, rejects }: Options, counts: Counts) {
  const [began, before] = [performance.now(), linesIn(counts)];
  const size = isPacked(file) ? undefined : statSync(file).size;
  let [told, startOffset] = [began, -1];
  const watch = (offset: number): void => {
    const now = performance.now();
    if (startOffset < 0) startOffset = offset;
    if (!process.stderr.isTTY && now - told < LOG_MS) return;
    told = now;
    const seconds = (now - began) / 1000;
    const share = size === undefined ? undefined : offset / size;
    const secondsLeft =
      size === undefined || offset === startOffset ? undefined : (seconds * (size - offset)) / (offset - startOffset);
    const line = progressLine({ counts, share, rate: (linesIn(counts) - before) / seconds, secondsLeft });
    process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
  };
  watch.summary = (): string => {
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    const { imported, unchanged, rejected } = counts;
    const where = rejected > 0 ? ` (${rejects})` : '';
    const peakMb = Math.ceil(process.resourceUsage().maxRSS / 1024);
    return [
      `${basename(file)}: ${count(imported)} imported, ${count(unchanged)} unchanged, ${count(rejected)} rejected${where}`,
      `in ${clock((performance.now() - began) / 1000)}, with at most ${peakMb} MB of memory`,
    ].join(' ');
  };
  return watch;
}

const linesIn = ({ imported, unchanged, rejected }: Counts): number => imported + unchanged + rejected;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError || error instanceof StoppedError || error instanceof TooLargeError)) throw error;
  process.stderr.write(`${error.message.trimEnd()}\n`);
  if (error instanceof StoppedError) process.stderr.write('The same command with --resume goes on from there.\n');
  process.exitCode = 1;
}
