import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bufferOf, LEGAL_BUFFERS, legalBufferOf, metresOfFeet } from '#core/geo/sensitive-laws.ts';
import { HEALTH_CARE } from '#core/model/sensitive-place.ts';

/** The cells of the first table under a heading. */
function tableUnder(heading: string): string[][] {
  const text = readFileSync(new URL('../../docs/sensitive-places.md', import.meta.url), 'utf8');
  const [, rest = ''] = text.split(`## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('buffers of law', () => {
  it('are in docs/sensitive-places.md as they are in the code', () => {
    const rows = LEGAL_BUFFERS.map(({ jurisdiction, categories, feet, source }) => [
      jurisdiction,
      categories.length === HEALTH_CARE.length ? 'all of health care' : categories.join(', '),
      String(feet),
      String(metresOfFeet(feet)),
      source,
    ]);
    expect(tableUnder('Buffers of law')).toEqual(rows);
  });

  it('are exact in metres', () => {
    expect([2000, 1850, 1750].map(metresOfFeet)).toEqual([609.6, 563.88, 533.4]);
  });

  it('hold where a row speaks of the place, and give way to a wider one', () => {
    expect(bufferOf({ category: 'pharmacy', jurisdiction: 'US-WA' })).toBe(609.6);
    expect(bufferOf({ category: 'pharmacy', jurisdiction: 'US-CT' })).toBe(0);
    expect(bufferOf({ category: 'health-care', jurisdiction: 'US-CT' })).toBe(533.4);
    expect(bufferOf({ category: 'worship', jurisdiction: 'US-WA' })).toBe(0);
    expect(bufferOf({ category: 'pharmacy' })).toBe(0);
    expect(bufferOf({ category: 'pharmacy', jurisdiction: 'US-WA', bufferM: 700 })).toBe(700);
    expect(bufferOf({ category: 'worship', bufferM: 50 })).toBe(50);
    expect(legalBufferOf({ category: 'worship', jurisdiction: 'US-WA' })).toBeUndefined();
    // A row that a reader meets first would hide another.
    const said = LEGAL_BUFFERS.flatMap(({ jurisdiction, categories }) => categories.map((one) => jurisdiction + one));
    expect(new Set(said).size).toBe(said.length);
  });
});
