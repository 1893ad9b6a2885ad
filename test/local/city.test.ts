import { describe, expect, it } from 'vitest';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import { IdSchema } from '#core/model/common.ts';
import { type Person, PersonInputSchema } from '#core/model/person.ts';
import { PlaceInputSchema, ScreenInputSchema } from '#core/model/place.ts';
import { PurchaseInputSchema } from '#core/model/purchase.ts';
import type { RegionSales } from '#core/model/region.ts';
import { SegmentInputSchema } from '#core/model/segment.ts';
import { addPurchase, NOTHING_DONE } from '#core/people/behaviour.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { pastPurchaseOf } from '#core/people/past-purchase.ts';
import { regionStanding, withRegion } from '#core/people/regions.ts';
import { matchesRule, ruleProblems } from '#core/people/rules.ts';
import { cityMap, generateCity } from '#local/city.ts';
import { type DemoPerson, demoCampaigns, demoPeople, demoSegments } from '#local/demo-brand.ts';
import { demoPurchases } from '#local/demo-purchases.ts';
import { isInside, type LngLat, planeAt, type XY } from '#local/plane.ts';

const SEEDS = [1, 2, 3, 7, 42, 1000];
const NOW = Date.parse('2026-11-22T08:00:00Z');

const ringsOf = ({ geometry }: { geometry: { type: string; coordinates: unknown } }): LngLat[][] => {
  if (geometry.type === 'Polygon') return geometry.coordinates as LngLat[][];
  return geometry.type === 'MultiPolygon' ? (geometry.coordinates as LngLat[][][]).flat() : [];
};

describe('the demo city', () => {
  it('is the same for the same seed and another for another', () => {
    expect(generateCity(7)).toEqual(generateCity(7));
    expect(generateCity(7).places).not.toEqual(generateCity(8).places);
  });

  it.each(SEEDS)('of seed %i is a valid catalogue', (seed) => {
    const city = generateCity(seed);
    expect(city.places.length).toBeGreaterThanOrEqual(40);
    expect(city.screens.length).toBeGreaterThanOrEqual(8);
    for (const { placeId, ...input } of city.places) {
      expect(IdSchema.safeParse(placeId).success, placeId).toBe(true);
      expect(PlaceInputSchema.safeParse(input).error, placeId).toBeUndefined();
    }
    for (const { screenId, ...input } of city.screens) {
      expect(ScreenInputSchema.safeParse(input).error, screenId).toBeUndefined();
      expect(city.places.some(({ placeId }) => placeId === input.placeId)).toBe(true);
    }
    const unique = (items: string[]) => expect(new Set(items).size, items.join()).toBe(items.length);
    unique(city.places.map(({ placeId }) => placeId));
    unique(city.places.map(({ name }) => name));
    unique(city.screens.flatMap(({ tagIds }) => tagIds));
  });

  it.each(SEEDS)('of seed %i has closed rings, outer ones counter-clockwise, holes clockwise (RFC 7946)', (seed) => {
    const city = generateCity(seed);
    const { toXY } = planeAt(city.center);
    for (const place of city.places) {
      const polygons = place.geometry.type === 'MultiPolygon' ? place.geometry.coordinates : [ringsOf(place)];
      for (const rings of polygons as LngLat[][][]) {
        rings.forEach((ring, index) => {
          expect(ring[0], place.placeId).toEqual(ring.at(-1));
          expect(Math.sign(signedArea(ring.map(toXY))), place.placeId).toBe(index === 0 ? 1 : -1);
        });
      }
    }
    for (const collection of [city.blocks, city.houses, city.water, city.park, city.piers]) {
      for (const feature of collection.features)
        for (const ring of ringsOf(feature)) expect(ring[0]).toEqual(ring.at(-1));
    }
  });

  it.each(SEEDS)('of seed %i can be walked: one connected graph, each inside point inside its place', (seed) => {
    const city = generateCity(seed);
    const { nodes, edges, doors } = city.walkGraph;
    const seen = new Set([0]);
    for (const node of seen) for (const next of edges[node] ?? []) seen.add(next);
    expect(seen.size).toBe(nodes.length);
    const { toXY } = planeAt(city.center);
    for (const place of city.places) {
      const inside = doors[place.placeId]?.inside as XY;
      if (place.geometry.type === 'Point') continue;
      expect(
        isInside(
          inside,
          ringsOf(place).map((ring) => ring.map(toXY)),
        ),
        place.placeId,
      ).toBe(true);
    }
  });

  it('has the shapes a geofence index has to cope with', () => {
    const { places } = generateCity(7);
    const has = (test: (place: (typeof places)[number]) => boolean) => expect(places.some(test)).toBe(true);
    has(({ geometry }) => geometry.type === 'Polygon' && geometry.coordinates.length === 2);
    has(({ geometry }) => geometry.type === 'MultiPolygon' && geometry.coordinates.length === 2);
    has(({ geometry, radiusM }) => geometry.type === 'Point' && radiusM !== undefined);
    has(({ tags }) => tags.includes('sensitive'));
  });

  it('gives the page a map without anything but geometry and names', () => {
    const map = cityMap(generateCity(7));
    expect(map.places.features.every(({ geometry }) => geometry.type !== ('Point' as string))).toBe(true);
    expect(JSON.stringify(map).length).toBeLessThan(400_000);
    expect(map).not.toHaveProperty('walkGraph');
  });
});

describe('the demo brand', () => {
  const city = generateCity(7);
  const people = demoPeople(city, 7, NOW);
  const purchases = demoPurchases(city, people, 7, NOW);
  const sales = new Map<string, RegionSales>();
  for (const [region = '', some = []] of Map.groupBy(purchases, (purchase) => purchase.region)) {
    const countOf = (channel: string) => some.filter((purchase) => purchase.channel === channel).length;
    const buyers = new Set(some.map(({ person }) => person?.value)).size;
    const [online, offline] = ['online', 'offline'].map((channel) => ({ count: countOf(channel), totals: {} }));
    if (online && offline) sales.set(region, { region, online, offline, buyers });
  }
  /** One of them with what they bought. */
  const customerOf = ({ personId, input }: DemoPerson): Person => {
    const own = purchases.filter(({ person }) => input.identifiers.some(({ value }) => value === person?.value));
    const behaviour = own.reduce(
      (past, purchase) => addPurchase(past, pastPurchaseOf(purchase, purchase.region)),
      NOTHING_DONE,
    );
    return withRegion({ personId, ...input, behaviour }, sales);
  };

  it('has 300 people that the schemas accept, with unique identifiers', () => {
    expect(people).toEqual(demoPeople(city, 7, NOW));
    expect(people).toHaveLength(300);
    const handles = new Set<string>();
    for (const { personId, input } of people) {
      expect(PersonInputSchema.safeParse(input).error, personId).toBeUndefined();
      for (const identifier of input.identifiers) {
        expect(normaliseIdentifier(identifier)).toEqual(identifier);
        expect(handles.has(`${identifier.kind}/${identifier.value}`)).toBe(false);
        handles.add(`${identifier.kind}/${identifier.value}`);
      }
      for (const { at } of input.consents) expect(Date.parse(at)).toBeLessThan(NOW);
    }
  });

  it('has about three quarters who share their location', () => {
    const sharing = people.filter(
      ({ input }) => input.consents.findLast(({ purpose }) => purpose === 'location')?.granted,
    );
    expect(sharing.length / people.length).toBeGreaterThan(0.68);
    expect(sharing.length / people.length).toBeLessThan(0.82);
  });

  it('has segments that some are in and some are not', () => {
    for (const { segmentId, input } of demoSegments()) {
      expect(SegmentInputSchema.safeParse(input).error).toBeUndefined();
      expect(ruleProblems(input.rule)).toEqual([]);
      const members = people.filter((person) => matchesRule(input.rule, customerOf(person), NOW)).length;
      expect(members, segmentId).toBeGreaterThan(30);
      expect(members, segmentId).toBeLessThan(240);
    }
  });

  it('has purchases that the schema accepts, in an area that buys online and one that buys in shops', () => {
    for (const purchase of purchases) expect(PurchaseInputSchema.safeParse(purchase).data).toEqual(purchase);
    expect(new Set(purchases.map(({ purchaseId }) => purchaseId)).size).toBe(purchases.length);
    const preferences = [...sales.values()].map((region) => regionStanding(region)?.preference);
    expect(preferences).toEqual(['online', 'offline']);
    const ids = new Set(city.places.map(({ placeId }) => placeId));
    for (const { channel, placeId = '' } of purchases) expect(ids.has(placeId)).toBe(channel === 'offline');
  });

  it('has campaigns that the schema accepts unchanged, each reachable from some place', () => {
    const segments = new Set(demoSegments().map(({ segmentId }) => segmentId));
    for (const { campaignId, input } of demoCampaigns(city)) {
      const parsed = CampaignInputSchema.safeParse(input);
      expect(parsed.error, campaignId).toBeUndefined();
      expect(parsed.data, campaignId).toEqual(input);
      if (input.audience.segmentId) expect(segments).toContain(input.audience.segmentId);
      const { placeIds, placeTags } = input.trigger;
      expect(
        city.places.some(
          (place) => placeIds.includes(place.placeId) || placeTags.some((tag) => place.tags.includes(tag)),
        ),
      ).toBe(true);
    }
  });
});

function signedArea(ring: readonly XY[]): number {
  return ring.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length] as XY;
    return sum + x * nextY - nextX * y;
  }, 0);
}
