import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { IDENTIFIER_KINDS, type Identifier } from '#core/model/person.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import published from '../cases/identity-hash.json' with { type: 'json' };

const spelled = (kind: Identifier['kind'], value: string) => normaliseIdentifier({ kind, value })?.value;
const OTHER_KINDS = IDENTIFIER_KINDS.filter((kind) => kind !== 'phone' && kind !== 'email');

describe('a phone number', () => {
  it.each([
    ['+8613800138000', '+8613800138000'],
    [' +86 138-0013-8000 ', '+8613800138000'],
    ['+1 (415) 555-2671', '+14155552671'],
    ['+44.20.7946.0958', '+442079460958'],
    ['+49\u00A030\u00A0901820', '+4930901820'],
    ['+44 (0)20 7946 0958', '+442079460958'],
    ['+4402079460958', '+442079460958'],
    ['+86-0-13800138000', '+8613800138000'],
    ['+39 06 1234 5678', '+390612345678'],
    ['+1234567', '+1234567'],
    ['+123456789012345', '+123456789012345'],
  ])('%j is %s', (typed, value) => expect(spelled('phone', typed)).toBe(value));

  it.each([
    '13800138000',
    '008613800138000',
    '+0123456789',
    '+123456',
    '+1234567890123456',
    '+86 138 x',
    '+',
    '',
    '+86\n\u0000138',
    '+86１３８００１３８０００',
  ])('%j is none', (typed) => expect(spelled('phone', typed)).toBeUndefined());
});

describe('what is dialled at home only', () => {
  const numbers = getCountries().map((country) => getExampleNumber(country, examples)?.number ?? '');

  it('is taken out of a number of each country, or left, as libphonenumber says', () => {
    expect(numbers.length).toBeGreaterThan(200);
    for (const number of numbers) {
      const { countryCallingCode: code = '', nationalNumber = '' } = parsePhoneNumberFromString(number) ?? {};
      for (const prefix of ['', '0', '(0)', '8', ...(code === '36' ? ['06'] : [])]) {
        const typed = `+${code} ${prefix} ${nationalNumber}`;
        const said = parsePhoneNumberFromString(typed.replace(/[() ]/g, ''))?.number;
        // What is no number of that country any more is left as it is written.
        const wanted = said === number ? number : typed.replace(/[() ]/g, '');
        if (wanted.length <= 16) expect(spelled('phone', typed), typed).toBe(wanted);
      }
    }
  });
});

describe('an email address', () => {
  it.each([
    [' Mei@Example.COM ', 'mei@example.com'],
    ["o'neill+milk@mail.example.co.uk", "o'neill+milk@mail.example.co.uk"],
    ['用户@example.com', '用户@example.com'],
    ['Jose\u0301@example.com', 'josé@example.com'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('%j is %s', (typed, value) => expect(spelled('email', typed)).toBe(value));

  it.each([
    'mei',
    'mei@',
    '@example.com',
    'mei@localhost',
    'a@b@example.com',
    'mei@example..com',
    'mei,bob@example.com',
    'Mei <mei@example.com>',
    'mei@example.com\r\nBcc: all@example.com',
    'me\ti@example.com',
    'me\0i@example.com',
    'me\u0007i@example.com',
    'me\u007Fi@example.com',
    'me\u202Ei@example.com',
    'me\u200Bi@example.com',
    'mei@exa_mple.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b.'.repeat(126)}com`,
  ])('%j is none', (typed) => expect(spelled('email', typed)).toBeUndefined());
});

describe('every other handle', () => {
  it.each(OTHER_KINDS)('%s keeps its spelling, without blanks about it', (kind) => {
    expect(spelled(kind, '  Phone-Mei 7 ')).toBe('Phone-Mei 7');
    expect(spelled(kind, 'Cafe\u0301')).toBe('Café');
    expect(spelled(kind, '   ')).toBeUndefined();
    for (const control of ['\n', '\0', '\u0085', '\u009F', '\uD800'])
      expect(spelled(kind, `a${control}b`)).toBeUndefined();
  });
});

describe('the spelling that others hash', () => {
  it.each(published.cases)('of $value is ours', ({ kind, value, normalised, sha256 }) => {
    expect(spelled(kind as Identifier['kind'], value)).toBe(normalised);
    expect(createHash('sha256').update(normalised).digest('hex')).toBe(sha256);
  });
});

describe('any identifier', () => {
  const anyIdentifier = fc.record({
    kind: fc.constantFrom(...IDENTIFIER_KINDS),
    value: fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.emailAddress(),
      fc.tuple(fc.string({ unit: 'binary' }), fc.emailAddress()).map(([head, tail]) => head + tail),
      fc.string({ unit: fc.constantFrom('+', '1', '2', '0', ' ', '-', '(', ')'), minLength: 6, maxLength: 20 }),
    ),
  });

  it('has one spelling: normalising again changes nothing', () => {
    fc.assert(
      fc.property(anyIdentifier, (identifier) => {
        const once = normaliseIdentifier(identifier);
        if (once) expect(normaliseIdentifier(once)).toEqual(once);
      }),
      { numRuns: 5000 },
    );
  });

  it('carries no control character into keys, headers or logs', () => {
    fc.assert(
      fc.property(anyIdentifier, (identifier) => {
        expect(normaliseIdentifier(identifier)?.value ?? '').not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 5000 },
    );
  });
});
