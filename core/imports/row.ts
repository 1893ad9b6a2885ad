/** A line longer than this is a quote that was never closed, or no line at all. An order of 200 items is a third of it. */
export const MAX_ROW_BYTES = 256 * 1024;

/** A line of a file, or a row of several lines where a quoted cell has line breaks; `line` is the first, counted from 1. */
type Where = { line: number; start: number; end: number };
export type Row<T> = Where & ({ ok: true; value: T } | { ok: false; reason: string });

/** What a mapper says of a row that it cannot use: why, and where in the row. */
export type Reject = { line: number; personId?: string; reason: string; pointer?: string };

/** Lines of NDJSON that have something in them. With `partial`, more text follows: an unfinished last line is left. */
export function* linesOf(text: string, { partial = false } = {}): Generator<Row<string>> {
  let start = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  for (let line = 1; start < text.length; line += 1) {
    const feed = text.indexOf('\n', start);
    if (feed < 0 && partial) return;
    const end = feed < 0 ? text.length : feed + 1;
    const value = text.slice(start, end).trim();
    if (isTooLong(value)) yield { line, start, end, ok: false, reason: TOO_LONG };
    else if (value !== '') yield { line, start, end, ok: true, value };
    start = end;
  }
}

const BYTE_ORDER_MARK = 0xfeff;
export const TOO_LONG = `is longer than ${MAX_ROW_BYTES / 1024} kB`;
/** UTF-8 takes at most three bytes for one of JavaScript's characters: most texts need no counting. */
export const isTooLong = (text: string): boolean =>
  text.length > MAX_ROW_BYTES / 3 && (text.length > MAX_ROW_BYTES || Buffer.byteLength(text) > MAX_ROW_BYTES);
