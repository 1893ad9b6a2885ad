import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Consent } from '#core/model/person.ts';
import { foldConsents, hasConsent } from '#core/people/consent.ts';
import { allowsProfile, demandsOn, isYounger, JURISDICTIONS, jurisdictionOf } from '#core/people/jurisdictions.ts';

const someone = (attributes: Record<string, string | boolean>) => ({ personId: 'mei', identifiers: [], attributes });
const now = Date.parse('2026-11-23T12:00:00Z');

describe('consent with demands', () => {
  const aRecord: fc.Arbitrary<Consent> = fc.record(
    {
      purpose: fc.constant('marketing' as const),
      channel: fc.constantFrom('any' as const, 'sms' as const, 'email' as const),
      granted: fc.boolean(),
      at: fc.integer({ min: 1, max: 5 }).map((day) => `2026-11-0${day}T08:00:00Z`),
      source: fc.constant('app'),
      programme: fc.constantFrom('spring', 'autumn'),
      guardian: fc.boolean(),
    },
    { requiredKeys: ['purpose', 'channel', 'granted', 'at', 'source'] },
  );

  it('is what a look at all records says, in whatever order and batches they came', () => {
    fc.assert(
      fc.property(
        fc.array(aRecord, { maxLength: 10 }),
        fc.constantFrom(undefined, 'spring'),
        fc.boolean(),
        fc.nat(10),
        (records, programme, guardian, cut) => {
          const counted = records.filter(
            (record) =>
              (record.channel === 'sms' || record.channel === 'any') &&
              (record.programme === undefined || record.programme === programme) &&
              (!guardian || !record.granted || record.guardian === true),
          );
          const last = counted
            .map(({ at }) => at)
            .sort()
            .at(-1);
          const expected = last !== undefined && counted.every(({ at, granted }) => at !== last || granted);
          const turned = records.toReversed();
          const ledger = foldConsents(foldConsents({}, turned.slice(0, cut)), turned.slice(cut));
          expect(hasConsent(ledger, 'marketing', 'sms', { programme, guardian })).toBe(expected);
          if (!records.some(({ granted }) => granted)) expect(expected).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a jurisdiction', () => {
  it.each([
    ['DE', undefined, 'DE'],
    ['us-ca', 'DE', 'US-CA'],
    ['US-OH', undefined, 'US'],
    ['JP', 'DE', '*'],
    [undefined, 'CN', 'CN'],
    ['UK', 'CN', 'GB'],
    ['uk-sct', undefined, 'GB'],
    [' de ', undefined, 'DE'],
    ['Germany', 'DE', 'DE'],
    ['DEU', 'DE', 'DE'],
    ['EU', 'FR', 'FR'],
    ['EU', 'EU', '*'],
    [undefined, 'UK', 'GB'],
    [undefined, undefined, '*'],
  ])('of country %s at a brand of %s is %s', (country, jurisdiction, code) => {
    const person = someone(country === undefined ? {} : { country });
    expect(jurisdictionOf(person, { jurisdiction }).code).toBe(code);
  });

  it('asks for personalisation to be agreed to in Europe and China, and to be objected to elsewhere', () => {
    const refused = { 'personalisation/any': { granted: false, at: 1 } };
    const agreed = { 'personalisation/any': { granted: true, at: 1 } };
    for (const [country, bySilence] of [
      ['FR', false],
      ['GB', false],
      ['CN', false],
      ['US-TX', true],
    ] as const) {
      const asked = { person: someone({ country }), brand: {}, now };
      expect(allowsProfile({}, asked)).toBe(bySilence);
      expect(allowsProfile(agreed, asked)).toBe(true);
      expect(allowsProfile(refused, asked)).toBe(false);
    }
  });

  it('lets people agree by themselves from a birthday on', () => {
    expect(isYounger(someone({ birthDate: '2012-11-24' }), 14, now)).toBe(true);
    expect(isYounger(someone({ birthDate: '2012-11-23' }), 14, now)).toBe(false);
    expect(isYounger(someone({ minor: true }), 14, now)).toBe(true);
    const person = someone({ country: 'US-CA', birthDate: '2012-01-01' });
    expect(demandsOn('sharing', { person, brand: {}, now }).guardian).toBe(true);
    expect(demandsOn('marketing', { person, brand: {}, now }).guardian).toBe(false);
  });
});

it('stands in docs/consent.md as it is here', () => {
  const docs = readFileSync(new URL('../../docs/consent.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(
    JURISDICTIONS.map(
      ({ code, personalisation, minorsBelow, sharingBelow, doubleOptIn, gpc, source }) =>
        `| \`${code}\` | ${personalisation} | ${minorsBelow}${sharingBelow ? ` (sharing ${sharingBelow})` : ''} | ${doubleOptIn.join(', ') || '–'} | ${gpc ? 'yes' : '–'} | ${source} |`,
    ),
  );
});
