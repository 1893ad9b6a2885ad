import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { merge } from '#core/imports/merge.ts';
import { PinpointMappingSchema, peopleFromPinpoint } from '#core/imports/pinpoint.ts';
import { segmentsFromPinpoint } from '#core/imports/pinpoint-segment.ts';
import type { Person, PersonInput } from '#core/model/person.ts';
import { SegmentInputSchema } from '#core/model/segment.ts';
import { matchesRule, ruleProblems } from '#core/people/rules.ts';

type Case = { name: string; document: unknown; expect: unknown };
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../cases/imports/pinpoint-segments.json', import.meta.url), 'utf8'),
);
const mapping = z.parse(PinpointMappingSchema, {});

describe('segments of Pinpoint', () => {
  it.each(cases)('$name', ({ document, expect: expected }) => {
    const reads = segmentsFromPinpoint(document, mapping);
    expect(reads).toEqual(expected);
    for (const read of reads) {
      if (!('segment' in read)) continue;
      expect(z.parse(SegmentInputSchema, read.segment)).toEqual(read.segment);
      expect(ruleProblems(read.segment.rule)).toEqual([]);
    }
  });

  it('are refused, never misread, whatever document comes', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 4 }), (document, inner) => {
        segmentsFromPinpoint(document, mapping);
        for (const part of ['Dimensions', 'SegmentGroups']) segmentsFromPinpoint([{ Id: 's', [part]: inner }], mapping);
        const groups = { Groups: [{ Dimensions: [{ Attributes: inner, Demographic: inner, Location: inner }] }] };
        segmentsFromPinpoint([{ Id: 's', SegmentGroups: groups }], mapping);
      }),
      { numRuns: 300 },
    ));

  it('stop at a web of base segments that would grow without end', () => {
    const web = Array.from({ length: 20 }, (_, level) => ({
      Id: `s${level}`,
      SegmentGroups: {
        Groups: [
          {
            SourceType: 'ANY',
            SourceSegments: Array.from({ length: 60 }, () => ({ Id: `s${level + 1}` })),
            Type: 'ALL',
          },
        ],
      },
    }));
    expect(segmentsFromPinpoint(web, mapping)[0]).toMatchObject({ segmentId: 's0', reason: expect.any(String) });
  });
});

/** Pinpoint's own meaning, of endpoints: an independent reading of its reference, for what both can say. */
const TIERS = ['gold', 'silver', 'none'];
const endpointArbitrary = fc.record({
  ChannelType: fc.constantFrom('EMAIL', 'SMS', 'GCM'),
  Attributes: fc.record({ Likes: fc.uniqueArray(fc.constantFrom('milk', 'tea', 'bread'), { maxLength: 2 }) }),
  Demographic: fc.record({ Platform: fc.constantFrom('ios', 'android') }),
});
const setArbitrary = (values: string[]) =>
  fc.record({
    DimensionType: fc.constantFrom('INCLUSIVE', 'EXCLUSIVE'),
    Values: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
  });

describe('a translated segment', () => {
  it('has whom Pinpoint would have reached at one of their endpoints, and of exclusions at none', () =>
    fc.assert(
      fc.property(
        fc.array(endpointArbitrary, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...TIERS, undefined),
        fc.record({ likes: setArbitrary(['milk', 'tea']), platform: setArbitrary(['ios']), tier: setArbitrary(TIERS) }),
        fc.constantFrom('ALL', 'ANY', 'NONE'),
        (endpoints, tier, sets, Type) => {
          const user = { UserId: 'u', ...(tier && { UserAttributes: { Tier: [tier] } }) };
          const lines = endpoints.map((endpoint, index) =>
            JSON.stringify({ Id: `e${index}`, ...endpoint, User: user }),
          );
          const person = [...peopleFromPinpoint(lines.join('\n'), { mapping })].reduce<PersonInput | undefined>(
            (before, read) => merge(before, (read as unknown as { person: PersonInput }).person, 'gather'),
            undefined,
          );
          const attribute = ({ DimensionType, Values }: (typeof sets)['likes']) => ({
            AttributeType: DimensionType,
            Values,
          });
          const Dimensions = [
            { Attributes: { Likes: attribute(sets.likes) } },
            { Demographic: { Platform: sets.platform } },
            { UserAttributes: { Tier: attribute(sets.tier) } },
          ];
          const [read] = segmentsFromPinpoint({ Id: 's', SegmentGroups: { Groups: [{ Dimensions, Type }] } }, mapping);
          const holds = (set: (typeof sets)['likes'], valuesOf: (endpoint: (typeof endpoints)[number]) => string[]) =>
            endpoints.some((endpoint) => valuesOf(endpoint).some((value) => set.Values.includes(value))) ===
            (set.DimensionType === 'INCLUSIVE');
          const each = [
            holds(sets.likes, ({ Attributes }) => Attributes.Likes),
            holds(sets.platform, ({ Demographic }) => [Demographic.Platform]),
            holds(sets.tier, () => (tier ? [tier] : [])),
          ];
          const expected =
            Type === 'ALL' ? each.every(Boolean) : Type === 'ANY' ? each.some(Boolean) : !each.some(Boolean);
          if (!read || !('segment' in read)) throw new Error('was refused');
          expect(matchesRule(read.segment.rule, { personId: 'u', ...person } as Person, 0)).toBe(expected);
        },
      ),
      { numRuns: 200 },
    ));

  it('finds the same person in whichever order their endpoints come', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            ChannelType: fc.constantFrom('EMAIL', 'SMS', 'GCM'),
            EffectiveDate: fc.constantFrom('2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z'),
            Attributes: fc.record({ Likes: fc.uniqueArray(fc.constantFrom('milk', 'tea'), { minLength: 1 }) }),
            Metrics: fc.record({ m: fc.integer({ min: 0, max: 9 }) }),
          }),
          { minLength: 2, maxLength: 4 },
        ),
        fc.nat(),
        (endpoints, turn) => {
          const lines = endpoints.map((endpoint, index) =>
            JSON.stringify({ Id: `e${index}`, ...endpoint, User: { UserId: 'u' } }),
          );
          const turned = [...lines.slice(turn % lines.length), ...lines.slice(0, turn % lines.length)].reverse();
          const attributesOf = (text: string[]) =>
            [...peopleFromPinpoint([...text, ...text].join('\n'), { mapping })].reduce<PersonInput | undefined>(
              (before, read) => merge(before, (read as unknown as { person: PersonInput }).person, 'gather'),
              undefined,
            )?.attributes;
          expect(attributesOf(turned)).toEqual(attributesOf(lines));
        },
      ),
      { numRuns: 200 },
    ));
});
