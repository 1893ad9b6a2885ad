import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCheckDigit, parseDigitalLink } from '#core/tags/gs1.ts';

const vectors = JSON.parse(readFileSync('test/cases/gs1-digital-link.json', 'utf8'));

describe('a GS1 Digital Link', () => {
  it.each(vectors.checkDigits as string[])('%s has its check digit', (digits) => {
    expect(hasCheckDigit(digits)).toBe(true);
    for (let digit = 0; digit < 10; digit += 1) {
      expect(hasCheckDigit(`${digits.slice(0, -1)}${digit}`)).toBe(String(digit) === digits.at(-1));
    }
  });

  it.each(vectors.valid as string[])('%s is read', (link) => {
    const parsed = parseDigitalLink(link);
    expect(parsed).not.toHaveProperty('reason');
    expect(link).toContain((parsed as { value: string }).value);
  });

  it('says key, qualifiers and attributes', () => {
    expect(parseDigitalLink('https://id.gs1.org/01/09521234543213/10/ABC123/21/12345?17=261231&utm=x')).toEqual({
      key: '01',
      value: '09521234543213',
      qualifiers: { 10: 'ABC123', 21: '12345' },
      attributes: { 17: '261231' },
    });
  });

  it.each(vectors.invalid as [string, string][])('%s is refused: %s', (link) => {
    expect(parseDigitalLink(link)).toHaveProperty('reason');
  });

  it.each([
    'https://id.gs1.org/01/09521234543213/21/1/10/2',
    'https://id.gs1.org/01/0952123454321',
    'https://id.gs1.org/01/09521234543213/10',
    'https://id.gs1.org/01/%E0%A4%A/10/x',
    'ftp://id.gs1.org/01/09521234543213',
    'not a link',
  ])('%s is refused', (link) => {
    expect(parseDigitalLink(link)).toHaveProperty('reason');
  });

  it('refuses or reads any text, without an error', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, tail) => {
        expect(parseDigitalLink(`${url}/01/${tail}`)).toBeDefined();
      }),
    );
  });
});
