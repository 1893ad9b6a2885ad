import { bitsOf, setBit, wordsFor } from '../bits.ts';
import type { Campaign } from '../model/campaign.ts';
import type { Person } from '../model/person.ts';
import type { Place } from '../model/place.ts';
import type { Segment } from '../model/segment.ts';
import type { Signal } from '../model/signal.ts';
import { compileRules, type RuleIndex } from '../people/rule-index.ts';
import { byPriority } from './gates/priority.ts';

/**
 * Campaigns judged, and recorded, for one signal. A brand with more live campaigns at one door than this has a marketing
 * problem that no engine solves; of those elsewhere it may have any number.
 */
export const MAX_JUDGED = 100;

/** What a signal means before the campaigns are judged; without `memberships`, of somebody not known yet. */
export type Occasion = {
  signal: Pick<Signal, 'kind' | 'dwellSeconds' | 'onAir'>;
  place: Place | undefined;
  memberships?: ReadonlySet<string> | undefined;
};

export type CampaignIndex = {
  /** Whether any live campaign listens to signals of a kind; of one that none listens to nothing need be asked. */
  listens(kind: Signal['kind']): boolean;
  /** Ids of the segments that a person is in at `now` (epoch milliseconds), of those that live campaigns name. */
  membershipsOf(person: Person, now: number): ReadonlySet<string>;
  /**
   * At most `MAX_JUDGED` live campaigns that listen to the signal: first those that its place, dwell and person may
   * bring about, then the others; each by priority, then id.
   */
  shortlist(occasion: Occasion): Campaign[];
};

/** What is asked for every signal, worked out once for each version of the catalogue. Pure; a few bytes per place named. */
export function compileCampaigns(
  campaigns: readonly Campaign[],
  segments: ReadonlyMap<string, Segment>,
): CampaignIndex {
  const ranked = campaigns.filter(({ state }) => state === 'live').sort(byPriority);
  const memberships = membershipIndex(ranked, segments);
  const triggers = triggerIndex(ranked);
  const kinds = new Set(ranked.flatMap(({ trigger }) => trigger.on));
  return {
    listens: (kind) => kinds.has(kind),
    membershipsOf: memberships,
    shortlist: (occasion) => {
      const { listening, applying } = triggers(occasion);
      const first = bitsOf(applying).slice(0, MAX_JUDGED);
      const others = bitsOf(listening.map((word, index) => word & ~(applying[index] ?? 0)));
      return [...first, ...others].slice(0, MAX_JUDGED).flatMap((rank) => ranked[rank] ?? []);
    },
  };
}

function membershipIndex(
  ranked: readonly Campaign[],
  segments: ReadonlyMap<string, Segment>,
): CampaignIndex['membershipsOf'] {
  const named = new Set(ranked.map(({ audience }) => audience.segmentId));
  const asked = [...segments.values()].filter(({ segmentId }) => named.has(segmentId));
  // Not before somebody asks: many signals are of people whom nobody knows.
  let index: RuleIndex | undefined;
  return (person, now) => {
    index ??= compileRules(asked.map(({ rule }) => rule));
    return new Set(bitsOf(index.matches(person, now)).flatMap((number) => asked[number]?.segmentId ?? []));
  };
}

/** For each name of something, the ranks of the campaigns that name it. */
type Ranks<Name> = ReadonlyMap<Name, readonly number[]>;

/** Which campaigns listen to a signal at all, and which of them may apply: the AND of what each criterion lets through. */
function triggerIndex(ranked: readonly Campaign[]): (occasion: Occasion) => {
  listening: Int32Array;
  applying: Int32Array;
} {
  const bitsWhere = (holds: (campaign: Campaign) => boolean): Int32Array => {
    const bits = new Int32Array(wordsFor(ranked.length));
    ranked.forEach((campaign, rank) => {
      if (holds(campaign)) setBit(bits, rank);
    });
    return bits;
  };
  const none = bitsWhere(() => false);
  const kinds = ranksBy(ranked, ({ trigger }) => trigger.on);
  const placeIds = ranksBy(ranked, ({ trigger }) => trigger.placeIds);
  const placeTags = ranksBy(ranked, ({ trigger }) => trigger.placeTags);
  const dwells = ranksBy(ranked, ({ trigger }) => [trigger.dwellSeconds]);
  const audiences = ranksBy(ranked, ({ audience }) => [audience.segmentId]);
  const anywhere = bitsWhere(({ trigger }) => trigger.placeIds.length === 0 && trigger.placeTags.length === 0);
  const forEveryone = bitsWhere(({ audience }) => audience.segmentId === undefined);
  const withoutAdvert = bitsWhere(({ trigger }) => trigger.creativeIds.length === 0);
  const withoutKnowing = bitsWhere(
    ({ trigger }) => trigger.creativeIds.length === 0 || trigger.creativeUnknown === 'offer',
  );
  const creatives = ranksBy(ranked, ({ trigger }) => trigger.creativeIds);
  const onAirBits = (onAir: NonNullable<Signal['onAir']>): Int32Array =>
    onAir.length === 0
      ? withoutKnowing
      : union(
          withoutAdvert,
          onAir.map(({ creativeId }) => creatives.get(creativeId)),
        );

  return ({ signal, place, memberships }) => {
    const listening = union(none, [kinds.get(signal.kind)]);
    const criteria = [
      place ? union(anywhere, [placeIds.get(place.placeId), ...place.tags.map((tag) => placeTags.get(tag))]) : none,
      onAirBits(signal.onAir ?? []),
      ...(signal.kind === 'geofence.dwell' ? [union(none, [dwells.get(signal.dwellSeconds ?? -1)])] : []),
      ...(memberships
        ? [
            union(
              forEveryone,
              [...memberships].map((id) => audiences.get(id)),
            ),
          ]
        : []),
    ];
    const applying = listening.map((word, index) => criteria.reduce((left, bits) => left & (bits[index] ?? 0), word));
    return { listening, applying };
  };
}

function ranksBy<Name>(ranked: readonly Campaign[], namesOf: (campaign: Campaign) => readonly Name[]): Ranks<Name> {
  const ranks = new Map<Name, number[]>();
  ranked.forEach((campaign, rank) => {
    for (const name of namesOf(campaign)) {
      const list = ranks.get(name) ?? [];
      list.push(rank);
      ranks.set(name, list);
    }
  });
  return ranks;
}

function union(bits: Int32Array, lists: readonly (readonly number[] | undefined)[]): Int32Array {
  const all = bits.slice();
  for (const list of lists) for (const rank of list ?? []) setBit(all, rank);
  return all;
}
