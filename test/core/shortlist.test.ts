import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '#core/decide/facts.ts';
import { audience } from '#core/decide/gates/audience.ts';
import { compileCampaigns, MAX_JUDGED, type Occasion } from '#core/decide/shortlist.ts';
import { DEFAULT_BRAND_RULES } from '#core/model/brand.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import type { Person } from '#core/model/person.ts';
import { type Place, PlaceInputSchema } from '#core/model/place.ts';
import type { Segment } from '#core/model/segment.ts';
import { matchesRule } from '#core/people/rules.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

/** Random by default; FC_SEED repeats a run. */
const SEED = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
console.log(`shortlist.test.ts: FC_SEED=${SEED}`);

const NOW = Date.parse('2026-11-22T12:00:00Z');
const MEI: Person = { personId: 'mei', identifiers: [], attributes: { visits: 4, lastVisit: '2026-11-20T09:00:00Z' } };

const template: Campaign = { ...CampaignInputSchema.parse(aCampaign()), campaignId: '', state: 'live' };
type Change = Partial<Omit<Campaign, 'trigger'>> & { trigger?: Partial<Campaign['trigger']> };
const campaign = (campaignId: string, { trigger, ...change }: Change = {}): Campaign => ({
  ...template,
  ...change,
  campaignId,
  trigger: { ...template.trigger, placeTags: [], ...trigger },
});
const place = (placeId: string, tags: string[]): Place => ({ ...PlaceInputSchema.parse(aPlace({ tags })), placeId });
const segment = (segmentId: string, visits: number): Segment => ({
  segmentId,
  name: segmentId,
  rule: { combinator: 'and', rules: [{ field: 'visits', operator: '>=', value: visits }] },
});
const SEGMENTS = new Map([1, 3, 5, 9].map((visits) => [`v${visits}`, segment(`v${visits}`, visits)]));
const ENTER = { kind: 'geofence.enter' } as const;
const ids = (campaigns: readonly Campaign[]) => campaigns.map(({ campaignId }) => campaignId);

/** Whether place, dwell, advert and audience let a campaign through, asked as a person would read it. */
function applies(
  { trigger, audience: { segmentId } }: Campaign,
  { signal, place: where, memberships }: Occasion,
): boolean {
  if (!where) return false;
  const { onAir = [] } = signal;
  const isShown = onAir.some(({ creativeId }) => trigger.creativeIds.includes(creativeId));
  const isAnyones = onAir.length === 0 && trigger.creativeUnknown === 'offer';
  if (trigger.creativeIds.length > 0 && !isShown && !isAnyones) return false;
  const names = [...trigger.placeIds, ...trigger.placeTags];
  const isHere = trigger.placeIds.includes(where.placeId) || where.tags.some((tag) => trigger.placeTags.includes(tag));
  if (names.length > 0 && !isHere) return false;
  if (signal.kind === 'geofence.dwell' && signal.dwellSeconds !== trigger.dwellSeconds) return false;
  return !memberships || segmentId === undefined || memberships.has(segmentId);
}

function naive(campaigns: readonly Campaign[], occasion: Occasion): string[] {
  const listening = campaigns
    .filter(({ state, trigger }) => state === 'live' && trigger.on.includes(occasion.signal.kind))
    .sort((a, b) => b.priority - a.priority || (a.campaignId < b.campaignId ? -1 : 1));
  const first = listening.filter((one) => applies(one, occasion));
  return ids([...first, ...listening.filter((one) => !first.includes(one))]).slice(0, 100);
}

describe('the shortlist', () => {
  it('judges those of this door first, however many of higher priority there are elsewhere', () => {
    const elsewhere = Array.from({ length: 250 }, (_, number) =>
      campaign(`far-${String(number).padStart(3, '0')}`, { priority: 900, trigger: { placeIds: ['far'] } }),
    );
    const here = campaign('here', { priority: -5, trigger: { placeIds: ['door'] } });
    const list = compileCampaigns([...elsewhere, here], SEGMENTS).shortlist({
      signal: ENTER,
      place: place('door', []),
    });
    expect(ids(list).slice(0, 3)).toEqual(['here', 'far-000', 'far-001']);
    expect(list).toHaveLength(MAX_JUDGED);
  });

  it('puts those whom the person is not the audience of behind, once the person is known', () => {
    const campaigns = [
      campaign('for-regulars', { priority: 5, audience: { segmentId: 'v9' } }),
      campaign('for-all', { priority: 1 }),
      campaign('for-visitors', { priority: 0, audience: { segmentId: 'v3' } }),
      campaign('for-nobody', { priority: 9, audience: { segmentId: 'gone' } }),
    ];
    const index = compileCampaigns(campaigns, SEGMENTS);
    const occasion = { signal: ENTER, place: place('door', []) };
    const memberships = index.membershipsOf(MEI, NOW);
    expect([...memberships]).toEqual(['v3']);
    expect(ids(index.shortlist(occasion))).toEqual(['for-nobody', 'for-regulars', 'for-all', 'for-visitors']);
    expect(ids(index.shortlist({ ...occasion, memberships }))).toEqual([
      'for-all',
      'for-visitors',
      'for-nobody',
      'for-regulars',
    ]);
  });

  it('asks recency of the moment of the decision', () => {
    const recent: Segment = {
      segmentId: 'recent',
      name: 'recent',
      rule: { combinator: 'and', rules: [{ field: 'lastVisit', operator: 'inLast', value: 'P3D' }] },
    };
    const index = compileCampaigns(
      [campaign('c', { audience: { segmentId: 'recent' } })],
      new Map([['recent', recent]]),
    );
    const end = Date.parse('2026-11-23T09:00:00Z');
    expect([...index.membershipsOf(MEI, end - 1)]).toEqual(['recent']);
    expect([...index.membershipsOf(MEI, end)]).toEqual([]);
  });

  it('tells the audience gate what it would have found out itself', () => {
    const audiences = [undefined, 'v1', 'v3', 'v5', 'gone'].map((segmentId) => ({ segmentId }));
    const campaigns = audiences.map((one, number) => campaign(`c${number}`, { audience: one }));
    const memberships = compileCampaigns(campaigns, SEGMENTS).membershipsOf(MEI, NOW);
    const passed = campaigns.map((one) => {
      // The gate reads nothing else of a case.
      const standing = { version: 1, consents: {}, pastOffers: [] };
      const brand = DEFAULT_BRAND_RULES;
      const known: Partial<Case> = { campaign: one, segments: SEGMENTS, person: MEI, standing, brand, now: NOW };
      const gateCase = known as Case;
      expect(audience.check({ ...gateCase, memberships })).toEqual(audience.check(gateCase));
      return audience.check({ ...gateCase, memberships }).passed;
    });
    expect(passed).toEqual([true, true, true, false, false]);
  });

  const name = fc.constantFrom('p1', 'p2', 't1', 't2', 't3');
  const names = fc.array(name, { maxLength: 2 });
  const anyCampaign = fc
    .record({
      on: fc.subarray(['geofence.enter', 'geofence.dwell', 'nfc.tap'] as const, { minLength: 1 }),
      placeIds: names,
      placeTags: names,
      creativeIds: fc.constantFrom<string[]>([], [], ['ad'], ['ad', 'film']),
      creativeUnknown: fc.constantFrom('skip' as const, 'offer' as const),
      dwellSeconds: fc.constantFrom(0, 60, 300),
      state: fc.constantFrom('live', 'live', 'live', 'paused', 'draft'),
      segmentId: fc.option(fc.constantFrom('v1', 'v3', 'v5', 'v9', 'gone'), { nil: undefined }),
      priority: fc.integer({ min: -2, max: 2 }),
    })
    .map(
      ({ state, segmentId, priority, ...trigger }) =>
        (campaignId: string) =>
          campaign(campaignId, {
            state: state as Campaign['state'],
            audience: { segmentId },
            priority,
            trigger: { ...trigger, on: [...trigger.on] },
          }),
    );
  const anyOccasion = fc.record({
    signal: fc.oneof(
      fc.constantFrom(ENTER, { kind: 'nfc.tap' } as const, { kind: 'wifi.join' } as const),
      fc.subarray(['ad', 'film', 'poster']).map((creativeIds) => ({
        kind: 'nfc.tap' as const,
        onAir: creativeIds.map((creativeId) => ({ creativeId, share: 1 / creativeIds.length })),
      })),
      fc.constantFrom(0, 60, 61, undefined).map((dwellSeconds) => ({ kind: 'geofence.dwell' as const, dwellSeconds })),
    ),
    place: fc.option(
      fc.tuple(name, names).map(([placeId, tags]) => place(placeId, tags)),
      { nil: undefined },
    ),
    visits: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  });

  it('is what a plain filter and sort give, for any campaigns and occasions', () => {
    let cut = 0;
    fc.assert(
      fc.property(
        fc.array(anyCampaign, { maxLength: 300, size: 'max' }),
        fc.array(anyOccasion, { minLength: 3, maxLength: 8 }),
        (makers, occasions) => {
          const campaigns = makers.map((make, number) => make(`c${number}`));
          const index = compileCampaigns(campaigns, SEGMENTS);
          for (const { visits, ...occasion } of occasions) {
            const person = { ...MEI, attributes: { visits: visits ?? null } };
            const memberships = visits === undefined ? undefined : index.membershipsOf(person, NOW);
            if (memberships) {
              const named = campaigns.filter(({ state }) => state === 'live').map(({ audience }) => audience.segmentId);
              const members = [...SEGMENTS.values()].filter(
                ({ segmentId, rule }) => named.includes(segmentId) && matchesRule(rule, person, NOW),
              );
              expect([...memberships].sort()).toEqual(members.map(({ segmentId }) => segmentId).sort());
            }
            const list = ids(index.shortlist({ ...occasion, memberships }));
            expect(list).toEqual(naive(campaigns, { ...occasion, memberships }));
            if (list.length === MAX_JUDGED) cut += 1;
            expect(index.listens(occasion.signal.kind)).toBe(list.length > 0);
          }
        },
      ),
      { numRuns: 60, seed: SEED },
    );
    // The limit must have been met, or nothing was shown about it.
    expect(cut).toBeGreaterThan(0);
  });
});
