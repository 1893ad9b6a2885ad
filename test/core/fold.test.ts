import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AttributeValue } from '#core/model/person.ts';
import type { ConsentLedger } from '#core/people/consent.ts';
import { foldProfiles, type Profile } from '#core/people/fold.ts';

const ledgers = fc.dictionary(
  fc.constantFrom('marketing/any', 'marketing/sms', 'location/any'),
  fc.record({ granted: fc.boolean(), at: fc.integer({ min: 0, max: 5 }) }),
) as fc.Arbitrary<ConsentLedger>;
const offers = fc.array(fc.record({ campaignId: fc.constantFrom('milk', 'tea'), at: fc.integer({ min: 0, max: 9 }) }), {
  maxLength: 3,
});
const profileOf = (personId: string): fc.Arbitrary<Profile> =>
  fc
    .record({
      attributes: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer() as fc.Arbitrary<AttributeValue>),
      updatedAt: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      consents: ledgers,
      pastOffers: offers,
      version: fc.nat(9),
    })
    .map(({ attributes, updatedAt, consents, pastOffers, version }) => ({
      person: { personId, identifiers: [{ kind: 'member' as const, value: personId }], attributes },
      standing: { version, consents, pastOffers },
      updatedAt,
    }));
const profiles = fc.tuple(profileOf('p1'), profileOf('p2'), profileOf('p3'));

it('leaves a profile that is alone as it is', () => {
  fc.assert(
    fc.property(profileOf('p1'), (profile) => {
      expect(foldProfiles(profile, [])).toBe(profile);
    }),
  );
});

it('is the same person whoever is asked about, and in whichever order', () => {
  fc.assert(
    fc.property(profiles, ([one, two, three]) => {
      const views = [
        foldProfiles(one, [two, three]),
        foldProfiles(two, [three, one]),
        foldProfiles(three, [two, one]),
      ].map(({ person, standing }) => ({
        attributes: person.attributes,
        identifiers: person.identifiers.map(({ value }) => value).sort(),
        consents: standing.consents,
        offers: standing.pastOffers.map(({ campaignId, at }) => `${at} ${campaignId}`).sort(),
      }));
      expect(views[1]).toEqual(views[0]);
      expect(views[2]).toEqual(views[0]);
    }),
    { numRuns: 500 },
  );
});

it('counts every offer, lets no grant outlive a later withdrawal, and holds all versions', () => {
  fc.assert(
    fc.property(profiles, ([one, two, three]) => {
      const { standing } = foldProfiles(one, [two, three]);
      const all = [one, two, three];
      expect(standing.pastOffers).toHaveLength(all.reduce((sum, { standing }) => sum + standing.pastOffers.length, 0));
      expect(standing.ownPastOffers).toEqual(one.standing.pastOffers);
      for (const [key, state] of Object.entries(standing.consents)) {
        const said = all.flatMap(({ standing }) => standing.consents[key] ?? []);
        expect(state.at).toBe(Math.max(...said.map(({ at }) => at)));
        if (state.granted) expect(said.some(({ at, granted }) => at === state.at && !granted)).toBe(false);
      }
      expect(standing.others).toEqual(
        [two, three].map(({ person, standing }) => ({ personId: person.personId, version: standing.version })),
      );
    }),
    { numRuns: 300 },
  );
});
