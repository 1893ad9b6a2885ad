import { isTooLong, MAX_ROW_BYTES, type Row, TOO_LONG } from './row.ts';

const DELIMITERS = [',', ';', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/**
 * The rows of a CSV (RFC 4180; a byte order mark, and LF for CRLF, are as good), the header first. A broken row costs only
 * itself: reading goes on with the next line, which a parser that stops at a quote that is never closed cannot promise.
 * With `partial`, more text follows: an unfinished last row is left. Empty lines are no rows.
 *
 * @param options.delimiter where the header has been read before
 */
export function* csvRows(
  text: string,
  { partial = false, delimiter = delimiterOf(text) }: { partial?: boolean; delimiter?: Delimiter } = {},
): Generator<Row<string[]>> {
  let start = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  for (let line = 1; start < text.length; ) {
    const read = readRow(text, start, delimiter);
    // A row without its end may go on in the text to come, unless it is too long already.
    const isOpen = read.open || (read.reason !== undefined && text.indexOf('\n', start) < 0);
    if (partial && isOpen && text.length - start <= MAX_ROW_BYTES) return;
    const reason = read.reason ?? (isTooLong(text.slice(start, read.end)) ? TOO_LONG : undefined);
    const end = reason === undefined ? read.end : endOfLine(text, start);
    const isEmpty = read.row.length === 1 && read.row[0] === '';
    if (reason !== undefined) yield { line, start, end, ok: false, reason };
    else if (!isEmpty) yield { line, start, end, ok: true, value: read.row };
    line += feedsIn(text, start, end);
    start = end;
  }
}

type Read = { row: string[]; end: number; open: boolean; reason?: string };

const UNREADABLE = 'has text after a closing quote';
/** Also of one that some other line's quote seems to close. */
const UNCLOSED = 'has a quote that is never closed';

/** One row from `start`; `open` when the text ends before the row does. */
function readRow(text: string, start: number, delimiter: Delimiter): Read {
  const row: string[] = [];
  for (let at = start; ; at += 1) {
    const isQuoted = text[at] === '"';
    const cell = isQuoted ? quotedCell(text, at, start) : plainCell(text, at, delimiter);
    if (cell === undefined) return { row, end: text.length, open: true, reason: UNCLOSED };
    at = cell.end;
    if (at < text.length && !isEnd(text, at, delimiter)) {
      // A carriage return may have its line feed in the text to come.
      return {
        row,
        end: at,
        open: at + 1 === text.length,
        reason: endOfLine(text, start) <= at ? UNCLOSED : UNREADABLE,
      };
    }
    row.push(cell.value);
    if (at >= text.length) return { row, end: at, open: true };
    if (text[at] !== delimiter) return { row, end: at + (text[at] === '\r' ? 2 : 1), open: false };
  }
}

type Cell = { value: string; end: number };

/** From its quote on; undefined when there is no other, or none before the row is too long. */
function quotedCell(text: string, at: number, start: number): Cell | undefined {
  const close = closingQuote(text, at + 1, start + MAX_ROW_BYTES);
  return close === undefined ? undefined : { value: text.slice(at + 1, close).replaceAll('""', '"'), end: close + 1 };
}

function plainCell(text: string, at: number, delimiter: Delimiter): Cell {
  let end = at;
  while (end < text.length && !isEnd(text, end, delimiter)) end += 1;
  return { value: text.slice(at, end), end };
}

/** Where a quoted cell ends: at a quote that is not the first of two. */
function closingQuote(text: string, from: number, limit: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0 && at <= limit; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return undefined;
}

const isEnd = (text: string, at: number, delimiter: Delimiter): boolean => {
  const symbol = text[at];
  return symbol === delimiter || symbol === '\n' || (symbol === '\r' && text[at + 1] === '\n');
};

/** What a spreadsheet of the author's country puts between cells: the one that the header has most of. */
export function delimiterOf(text: string): Delimiter {
  const header = text.slice(0, endOfLine(text, 0));
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from);
  return feed < 0 ? text.length : feed + 1;
}

function feedsIn(text: string, from: number, to: number): number {
  let feeds = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) feeds += 1;
  return feeds;
}

const BYTE_ORDER_MARK = 0xfeff;
