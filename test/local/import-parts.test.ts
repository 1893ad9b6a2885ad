import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows } from '#core/imports/csv.ts';
import { linesOf } from '#core/imports/row.ts';
import { type Position, partsOf } from '#local/import/parts.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const START: Position = { offset: 0, lines: 0 };

describe('the parts of a file', () => {
  const rowArbitrary = fc.constantFrom('a,b', '"a\nb",c', '', '"never', 'a"b,', 'é,1', '"x"y,z', 'a,b\r');

  it('have each row once, at its line, however they are cut and wherever reading goes on', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(rowArbitrary, { maxLength: 12 }),
        fc.constantFrom('csv', 'lines'),
        fc.integer({ min: 1, max: 4 }),
        fc.nat({ max: 12 }),
        async (rows, kind, maxRows, stopAfter) => {
          const isCsv = kind === 'csv';
          const bytes = Buffer.from([...(isCsv ? ['h1,h2'] : []), ...rows].join('\n'));
          const shape = isCsv ? ({ kind: 'csv' } as const) : ({ kind: 'lines' } as const);
          const read = (text: string) => [...(isCsv ? csvRows(text) : linesOf(text))].slice(isCsv ? 1 : 0);
          const told = (row: { line: number; ok: boolean; value?: unknown; reason?: string }, before = 0) =>
            JSON.stringify([row.line + before, row.value ?? row.reason]);
          const found: string[] = [];
          let position = START;
          let parts = 0;
          // Stopped once, and begun again where it was.
          for (const limit of [stopAfter, Number.POSITIVE_INFINITY]) {
            parts = 0;
            for await (const part of partsOf(pieces(bytes.subarray(position.offset), 7), shape, position, maxRows)) {
              if (parts === limit) break;
              parts += 1;
              expect(part.rows).toBeLessThanOrEqual(maxRows);
              const text = Buffer.from(part.text, 'latin1').toString('utf8');
              found.push(...read(text).map((row) => told(row, part.linesBefore)));
              position = part.position;
            }
          }
          expect(found).toEqual(read(bytes.toString('utf8')).map((row) => told(row)));
        },
      ),
      { numRuns: 300 },
    ));

  it('never part the rows of one order', async () => {
    const rows = Array.from({ length: 30 }, (_, index) => `#${Math.floor(index / 7)},x${index}`);
    const bytes = Buffer.from(`\uFEFFName,x\n${rows.join('\n')}\n`);
    const names: string[][] = [];
    for await (const { text } of partsOf(pieces(bytes, 10), { kind: 'csv', together: 'Name' }, START, 2)) {
      expect(Buffer.from(text, 'latin1').toString('utf8')).toMatch(/^\uFEFFName,x\n#/);
      names.push([...new Set([...text.matchAll(/#\d/g)].map(([name]) => name))]);
    }
    expect(names).toEqual([['#0'], ['#1'], ['#2'], ['#3'], ['#4']]);
  });

  it('are no larger in memory than a few parts, however large the file', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      const chunk = Buffer.from(
        `${JSON.stringify({ personId: 'p', attributes: { text: 'x'.repeat(900) } })}\n`.repeat(1000),
      );
      for (let index = 0; index < 100; index += 1) yield chunk;
    }
    let [rows, largest] = [0, 0];
    for await (const part of partsOf(endless(), { kind: 'lines' }, START, 9999)) {
      rows += part.rows;
      largest = Math.max(largest, part.text.length);
    }
    expect(rows).toBe(100_000);
    expect(largest).toBeLessThanOrEqual(1024 * 1024);
  });
});
