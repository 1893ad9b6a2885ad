import { csvRows, delimiterOf } from '#core/imports/csv.ts';
import { linesOf, type Row } from '#core/imports/row.ts';

/** How a file is cut: rows of a CSV under their header, lines, or not at all. `together`: rows of one value of this column. */
export type Shape =
  | { kind: 'csv'; together?: string | undefined }
  | { kind: 'lines'; together?: never }
  | { kind: 'whole' };

/**
 * A piece of a file that stands by itself, as bytes in a string (latin1), so that whatever they are they stay so.
 * `end` counts bytes of the file, unpacked; a line of the part is that of the file after adding `linesBefore`.
 */
export type Part = { text: string; rows: number; linesBefore: number; end: number };

/** Where reading goes on: behind `offset` bytes and `lines` lines, under the header that was read first. */
export type Position = { offset: number; lines: number; header?: string | undefined };

const MAX_PART_BYTES = 1024 * 1024;
/** The API takes no more in one request. */
const MAX_WHOLE_BYTES = 4 * 1024 * 1024;

export class TooLargeError extends Error {
  override name = 'TooLargeError';
}

/**
 * The parts of a file in order, from `position`, of at most `maxRows` rows or a megabyte, cut between rows. What is held
 * in memory is a part and what was read with it, however large the file.
 */
export async function* partsOf(
  bytes: AsyncIterable<Buffer>,
  shape: Shape,
  position: Position,
  maxRows: number,
): AsyncGenerator<Part & { position: Position }> {
  if (shape.kind === 'whole') {
    yield await wholeOf(bytes);
    return;
  }
  const cut = cutter(shape, position, maxRows);
  for await (const chunk of bytes) yield* cut(chunk.toString('latin1'), false);
  yield* cut('', true);
}

async function wholeOf(bytes: AsyncIterable<Buffer>): Promise<Part & { position: Position }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MAX_WHOLE_BYTES)
      throw new TooLargeError('a file that is one JSON document may have 4 MB: write one thing a line');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('latin1');
  return { text, rows: 1, linesBefore: 0, end: size, position: { offset: size, lines: 0 } };
}

function cutter(shape: Exclude<Shape, { kind: 'whole' }>, from: Position, maxRows: number) {
  let { offset, lines, header } = from;
  let rest = '';
  let table = header === undefined ? undefined : tableOf(header, shape);

  /** The header goes before every part, and so does the mark of Unicode before it. */
  const takeHeader = (isLast: boolean): boolean => {
    const [first] = csvRows(rest, { partial: !isLast });
    if (!first) return false;
    header = rest.slice(0, first.end);
    table = tableOf(header, shape);
    [rest, offset, lines] = [rest.slice(first.end), first.end, feedsIn(header)];
    return true;
  };
  const rowsIn = (isLast: boolean): Iterable<Row<string[] | string>> =>
    table ? csvRows(rest, { partial: !isLast, delimiter: table.delimiter }) : linesOf(rest, { partial: !isLast });
  const partOf = (body: string, rows: number): Part & { position: Position } => {
    const linesBefore = lines - feedsIn(header ?? '');
    offset += body.length;
    lines += feedsIn(body);
    return { text: (header ?? '') + body, rows, linesBefore, end: offset, position: { offset, lines, header } };
  };

  return function* cut(more: string, isLast: boolean): Generator<Part & { position: Position }> {
    rest += more;
    // Only when the end of a part is in sight: looking again with every chunk would read the same rows over and over.
    if (!isLast && rest.length < 2 * MAX_PART_BYTES) return;
    if (shape.kind === 'csv' && header === undefined && !takeHeader(isLast)) return;
    let [start, end, rows] = [0, 0, 0];
    let group: string | undefined;
    for (const row of rowsIn(isLast)) {
      const value = table?.groupOf(row);
      const isFull = rows >= maxRows || row.end - start > MAX_PART_BYTES;
      if (rows > 0 && isFull && (value === undefined || value !== group)) {
        yield partOf(rest.slice(start, end), rows);
        [start, rows] = [end, 0];
      }
      group = value;
      rows += 1;
      end = row.end;
    }
    if (rows > 0 && isLast) yield partOf(rest.slice(start, end), rows);
    rest = rest.slice(start);
  };
}

/** How the rows under a header are read, and which of them belong together. */
function tableOf(header: string, { together }: { together?: string | undefined }) {
  const text = header.replace(/^\u00EF\u00BB\u00BF/, '');
  const [row] = csvRows(text);
  const column = row?.ok && together !== undefined ? row.value.map((name) => name.trim()).indexOf(together) : -1;
  const groupOf = (read: Row<string[] | string>): string | undefined =>
    read.ok && column >= 0 ? read.value[column] : undefined;
  return { delimiter: delimiterOf(text), groupOf };
}

const feedsIn = (text: string): number => text.split('\n').length - 1;
