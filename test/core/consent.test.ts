import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNELS, CONSENT_PURPOSES, type Consent } from '#core/model/person.ts';
import { foldConsents, hasConsent } from '#core/people/consent.ts';

/** Few values of each, so that records meet at the same purpose, channel and instant. */
const aRecord: fc.Arbitrary<Consent> = fc.record({
  purpose: fc.constantFrom(...CONSENT_PURPOSES.slice(0, 2)),
  channel: fc.constantFrom('any' as const, 'sms' as const, 'email' as const),
  granted: fc.boolean(),
  at: fc.constantFrom(
    '2026-11-01T08:00:00Z',
    '2026-11-01T16:00:00+08:00', // the same instant, written in Shanghai
    '2026-11-01T08:00:00.001Z',
    '2026-11-02T08:00:00Z',
  ),
  source: fc.constantFrom('app', 'till'),
});

const marketing = (channel: Consent['channel'], granted: boolean, day: number): Consent => ({
  purpose: 'marketing',
  channel,
  granted,
  at: `2026-11-0${day}T08:00:00Z`,
  source: 'app-signup:v3',
});
const agreed = (records: Consent[], channel: Consent['channel'] = 'sms') =>
  hasConsent(foldConsents({}, records), 'marketing', channel);

describe('the ledger', () => {
  it('is the same in whatever order records arrive, and however they are batched', () => {
    fc.assert(
      fc.property(
        fc.array(aRecord, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        fc.nat(12),
        (records, dice, cut) => {
          const shuffled = records
            .map((record) => ({ record, order: dice.next().value as number }))
            .sort((left, right) => left.order - right.order)
            .map(({ record }) => record);
          const inTwo = foldConsents(foldConsents({}, shuffled.slice(0, cut)), shuffled.slice(cut));
          expect(inTwo).toEqual(foldConsents({}, records));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('takes a record twice as once', () => {
    fc.assert(
      fc.property(fc.array(aRecord, { maxLength: 8 }), (records) => {
        expect(foldConsents({}, [...records, ...records])).toEqual(foldConsents({}, records));
      }),
    );
  });

  it('agrees with its definition: of the latest records, all must be grants', () => {
    fc.assert(
      fc.property(
        fc.array(aRecord, { maxLength: 12 }),
        fc.constantFrom('sms' as const, 'email' as const),
        (records, channel) => {
          const about = records.filter(
            (record) => record.purpose === 'location' && ['any', channel].includes(record.channel),
          );
          const last = Math.max(...about.map(({ at }) => Date.parse(at)));
          const latest = about.filter(({ at }) => Date.parse(at) === last);
          const expected = latest.length > 0 && latest.every(({ granted }) => granted);
          expect(hasConsent(foldConsents({}, records), 'location', channel)).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('does not change the ledger it starts from', () => {
    const before = Object.freeze(foldConsents({}, [marketing('sms', true, 1)]));
    foldConsents(before, [marketing('sms', false, 2)]);
    expect(hasConsent(before, 'marketing', 'sms')).toBe(true);
  });
});

describe('agreement', () => {
  it.each<[string, Consent[], boolean]>([
    ['silence is a no', [], false],
    ['granted for the channel', [marketing('sms', true, 1)], true],
    ['granted for any', [marketing('any', true, 1)], true],
    ['granted for another channel', [marketing('email', true, 1)], false],
    ['withdrawn later', [marketing('sms', true, 1), marketing('sms', false, 2)], false],
    ['granted again', [marketing('sms', false, 1), marketing('sms', true, 2)], true],
    ['withdrawn at the same instant', [marketing('sms', true, 1), marketing('sms', false, 1)], false],
    ['withdrawn at the same instant, heard first', [marketing('sms', false, 1), marketing('sms', true, 1)], false],
    ['the channel withdrawn after any was granted', [marketing('any', true, 1), marketing('sms', false, 2)], false],
    ['any withdrawn after the channel was granted', [marketing('sms', true, 1), marketing('any', false, 2)], false],
    [
      'any withdrawn at the instant the channel was granted',
      [marketing('sms', true, 1), marketing('any', false, 1)],
      false,
    ],
    [
      'the channel withdrawn at the instant any was granted',
      [marketing('any', true, 1), marketing('sms', false, 1)],
      false,
    ],
    ['any granted after the channel was withdrawn', [marketing('sms', false, 1), marketing('any', true, 2)], true],
    ['the channel granted after any was withdrawn', [marketing('any', false, 1), marketing('sms', true, 2)], true],
    ['another channel withdrawn', [marketing('any', true, 1), marketing('email', false, 2)], true],
  ])('%s: %#', (_, records, expected) => expect(agreed(records)).toBe(expected));

  it('of one purpose is not agreement to another', () => {
    const ledger = foldConsents({}, [marketing('any', true, 1)]);
    for (const purpose of CONSENT_PURPOSES.filter((other) => other !== 'marketing')) {
      for (const channel of CHANNELS) expect(hasConsent(ledger, purpose, channel)).toBe(false);
    }
  });

  it('to any channel is not given by agreeing to one', () => {
    expect(agreed([marketing('sms', true, 1)], 'any')).toBe(false);
  });
});
