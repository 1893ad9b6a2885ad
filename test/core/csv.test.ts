import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows } from '#core/imports/csv.ts';
import { linesOf, MAX_ROW_BYTES } from '#core/imports/row.ts';

const rowsOf = (text: string) => [...csvRows(text)].map((row) => (row.ok ? row.value : row.reason));

const cellArbitrary = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é', ';'), maxLength: 5 });
const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('the rows of a CSV', () => {
  it('are those that csv-parse finds, in a table that is whole', () =>
    fc.assert(
      fc.property(
        fc.array(fc.array(cellArbitrary, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (table, newline, ends) => {
          const body = [['a', 'b', 'c'], ...table].map((row) => row.map(quoted).join(',')).join(newline);
          const text = body + (ends ? newline : '');
          expect(rowsOf(text)).toEqual(parse(text, { relax_column_count: true, skip_empty_lines: true }));
        },
      ),
      { numRuns: 300 },
    ));

  it('are the same when the text comes piece by piece', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r'), maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (text, size) => {
          const found: string[] = [];
          let rest = '';
          for (let at = 0; at <= text.length + size; at += size) {
            const isLast = at > text.length;
            rest += text.slice(at, at + size);
            let done = 0;
            for (const { start, end } of csvRows(rest, { partial: !isLast, delimiter: ',' })) {
              found.push(rest.slice(start, end));
              done = end;
            }
            rest = rest.slice(done);
          }
          expect(found).toEqual([...csvRows(text, { delimiter: ',' })].map(({ start, end }) => text.slice(start, end)));
        },
      ),
      { numRuns: 300 },
    ));

  it('lose one row to a quote that is never closed, and name its line', () => {
    expect([...csvRows('a,b\n1,"x\n2,y\n3,z')].map((row) => [row.line, row.ok ? row.value : row.reason])).toEqual([
      [1, ['a', 'b']],
      [2, 'has a quote that is never closed'],
      [3, ['2', 'y']],
      [4, ['3', 'z']],
    ]);
  });

  it('that are longer than a row may be cost only themselves', () => {
    const long = `x,${'é'.repeat(MAX_ROW_BYTES / 2)}`;
    expect(rowsOf(`a,b\n${long}\n1,2`)).toEqual([['a', 'b'], 'is longer than 256 kB', ['1', '2']]);
    expect([...linesOf(`{}\n${long}\n[]`)].map(({ line, ok }) => [line, ok])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
  });

  it('are read quickly even where every line is broken', () => {
    const text = 'a,b\n'.concat('"x"y\n"'.repeat(50_000));
    expect([...csvRows(text)].length).toBeGreaterThan(10);
  });
});
