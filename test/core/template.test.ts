import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasStrayBraces, renderTemplate, unknownPlaceholders } from '#core/messages/template.ts';

const greet = (firstName: string | undefined) =>
  renderTemplate('Hi {{person.firstName|there}}!', { 'person.firstName': firstName });

/** Line breaks and controls forge headers; format characters reverse or hide text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('filling in', () => {
  it.each([
    ['Hi {{person.firstName}}!', 'Hi Mei!'],
    ['Hi {{ person.firstName }}!', 'Hi Mei!'],
    ['Hi {{person.firstName|there}}!', 'Hi Mei!'],
    ['Hi {{person.lastName|there}}!', 'Hi there!'],
    ['Hi {{person.lastName| dear friend }}!', 'Hi dear friend!'],
    ['Hi {{person.lastName}}!', 'Hi !'],
    ['Hi {{person.lastName|}}!', 'Hi !'],
    ['{{person.firstName}}{{person.firstName}}', 'MeiMei'],
    ['{{{person.firstName}}}', '{Mei}'],
    ['no placeholder', 'no placeholder'],
  ])('%s becomes %s', (template, text) => {
    expect(renderTemplate(template, { 'person.firstName': 'Mei' })).toBe(text);
  });

  it('fills in a value, and a fallback where there is none', () => {
    expect(renderTemplate('a {{x}} b {{y|z}}', { x: '1' })).toBe('a 1 b z');
  });

  it.each([
    '{{7*7}}',
    '\u0024{7*7}',
    '{{__proto__}}',
    '{{constructor.constructor("x")()}}',
    '{%raw%}',
    '#{1}',
    '{{#each x}}',
  ])('reads no program in a template: %s stays as it is', (template) =>
    expect(renderTemplate(template, {})).toBe(template),
  );

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('finds nothing of JavaScript’s own: %s', (name) => {
    expect(renderTemplate(`{{${name}|nothing}}`, {})).toBe('nothing');
  });
});

describe('a value', () => {
  it.each([
    '{{7*7}}',
    '\u0024{7*7}',
    '__proto__',
    'constructor',
    '$&',
    "$'$`$1",
    '<b>',
    "O'Neill",
    'Zoë',
    '美美',
    '👩\u200D👩\u200D👧',
  ])('%s is text', (value) => expect(greet(value)).toBe(`Hi ${value.replaceAll('\u200D', '')}!`));

  it.each([
    ['a line break', 'Mei\r\nBcc: all', 'Hi MeiBcc: all!'],
    ['a null and a bell', 'M\0e\u0007i', 'Hi Mei!'],
    ['a reversed direction', 'Mei\u202Egnp.exe', 'Hi there!'],
    ['marks of direction', '\u202AMei\u202C\u200F', 'Hi Mei!'],
    ['zero width', 'M\u200Be\u2060i\uFEFF', 'Hi Mei!'],
    ['line and paragraph separators', 'M\u2028e\u2029i', 'Hi Mei!'],
    ['nothing but invisible characters', '\u200B\u200B', 'Hi there!'],
    ['nothing', '', 'Hi there!'],
    ['blanks', '  ', 'Hi there!'],
  ])('loses %s', (_, value, text) => expect(greet(value)).toBe(text));

  it.each([
    'https://evil.example',
    'HTTP://EVIL',
    'javascript://x',
    'www.evil.example',
    'evil.com',
    'evil.com/x',
    'evil.com now',
    'visit evil.com, today',
    '(evil.com)',
    'e\u200Bvil.c\u200Bom',
    'xn--fsq.com',
    '例子.com',
    '例子.中国',
    'evil。com now',
    'ｅｖｉｌ．ｃｏｍ',
    'http：／／evil',
    '203.0.113.7/x',
    'a@evil.com',
  ])('that looks like a link is dropped: %s', (value) => expect(greet(value)).toBe('Hi there!'));

  it.each(['Dr. Mei', 'J. R. Smith', 'St. Mary', 'No. 5', '4.5', '3.5 kg', 'Anne-Marie', 'a/b', 'e.g. this'])(
    'that does not is kept: %s',
    (value) => expect(greet(value)).toBe(`Hi ${value}!`),
  );

  it('longer than a name is dropped; a name of the greatest length is not', () => {
    expect(greet('x'.repeat(100))).toBe(`Hi ${'x'.repeat(100)}!`);
    expect(greet('x'.repeat(101))).toBe('Hi there!');
  });

  it('of a megabyte is dropped in no time', () => {
    for (const value of ['x', '{{', ' ', 'a.', '\u200B', 'www.']) {
      const start = performance.now();
      expect(greet(value.repeat(1_000_000 / value.length))).toBe('Hi there!');
      // Some 5 ms; the bound leaves room for a busy machine and none for anything quadratic.
      expect(performance.now() - start).toBeLessThan(500);
    }
  });

  it('of the brand’s own may be long and have a dot: only profiles are kept from advertising', () => {
    const item = `Dr.Pepper ${'and another '.repeat(12)}`.trim();
    const values = { 'offer.summary': `Free: ${item}`, 'place.name': 'Caffè St.Paul\u0007' };
    expect(renderTemplate('{{offer.summary|?}} at {{place.name|?}}', values)).toBe(`Free: ${item} at Caffè St.Paul`);
  });
});

describe('any value', () => {
  const anyValue = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('a', '.', '{', '}', '|', '\r', '\n', '\0', '\u202E', '\u2028', '\u200B', '$', ' '),
    }),
    fc.constantFrom('{{person.secret}}', '{{person.firstName}}', '{{x|{{person.secret}}}}'),
  );

  it('brings no control character, and is not read as a template', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (firstName, place) => {
        const values = { 'person.firstName': firstName, 'place.name': place, 'person.secret': 'SECRET' };
        const text = renderTemplate('{{person.firstName|there}} at {{place.name|home}}', values);
        expect(text).not.toMatch(UNSAFE);
        expect(text).not.toContain('SECRET');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what a marketer mistyped', () => {
  it.each([
    '{{',
    '}}',
    'Hi {{person.firstName}',
    'Hi {{}}',
    'Hi {{7*7}}',
    'Hi {{a|b|c}}',
    '{{a b}}',
    '{{_x}}',
    '{{{{person.x}}}}',
  ])('has stray braces: %s', (template) => expect(hasStrayBraces(template)).toBe(true));

  it.each(['', 'Hi', '{', '}', '{ }', 'Hi {{person.firstName|there}}', '{{a}}{{b}}', 'set {1, 2}'])(
    'has none: %s',
    (template) => expect(hasStrayBraces(template)).toBe(false),
  );

  it('names what is not known', () => {
    const known = ['person.', 'place.name'];
    expect(unknownPlaceholders('{{person.x}} {{place.name}} {{place}} {{Place.name|x}} {{personal}}', known)).toEqual([
      'place',
      'Place.name',
      'personal',
    ]);
  });
});
