import { describe, expect } from 'vitest';
import { placesFromFeatures } from '#core/geo/import-features.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { ringAreaM2, unwrapPolygon } from '#core/geo/rings.ts';
import { goldenTest, sharedJson } from './shared-data.ts';

type Points = { features: { id: string; properties: { name: string }; geometry: { coordinates: [number, number] } }[] };
type Golden = { pointsTested: number; hits: { point: string; name: string; inside: string[] }[] };

const defaults = { radiusM: 100, timeZone: 'America/New_York' };

describe('Washington DC (Open Data DC)', () => {
  goldenTest(['dc_places.geojson'])('455 shops import with a radius, none without', () => {
    const { places, rejected } = placesFromFeatures(sharedJson('dc_places.geojson'), defaults);
    expect(rejected).toEqual([]);
    expect(places).toHaveLength(455);
    expect(places[0]).toEqual({
      placeId: 'dc-grocery-1',
      name: 'Safeway',
      timeZone: 'America/New_York',
      geometry: { type: 'Point', coordinates: [-76.986552, 38.883549] },
      radiusM: 100,
      tags: ['grocery'],
      detection: 'confirmed',
    });
    const bare = placesFromFeatures(sharedJson('dc_places.geojson'), { timeZone: 'UTC' });
    expect(bare.places).toEqual([]);
    expect(bare.rejected[7]).toEqual({ index: 7, id: 'dc-grocery-8', reason: '/radiusM: is required with a Point' });
  });

  goldenTest(['dc_campuses.geojson'])('30 campuses import, though their rings run clockwise', () => {
    const { places, rejected } = placesFromFeatures(sharedJson('dc_campuses.geojson'), defaults);
    expect(rejected).toEqual([]);
    expect(places).toHaveLength(30);
    for (const { geometry } of places) {
      const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
      for (const polygon of polygons as number[][][][]) {
        const [exterior, ...holes] = unwrapPolygon(polygon).map(ringAreaM2);
        expect(exterior).toBeGreaterThan(0);
        for (const hole of holes) expect(hole).toBeLessThan(0);
      }
    }
  });

  goldenTest([
    'dc_campuses.geojson',
    'dc_places.geojson',
    'dc_wifi_hotspots.geojson',
    'dc_golden_point_in_campus.json',
  ])('of 903 points exactly the known 21 are in a campus', () => {
    const index = createPlaceIndex(placesFromFeatures(sharedJson('dc_campuses.geojson'), defaults).places);
    const points = ['dc_places.geojson', 'dc_wifi_hotspots.geojson'].flatMap(
      (name) => sharedJson<Points>(name).features,
    );
    const golden = sharedJson<Golden>('dc_golden_point_in_campus.json');
    expect(points).toHaveLength(golden.pointsTested);
    const hits = points.flatMap(({ id, properties, geometry }) => {
      const [lng, lat] = geometry.coordinates;
      const inside = index.containing(lng, lat).map(({ placeId }) => placeId);
      return inside.length > 0 ? [{ point: id, name: properties.name, inside }] : [];
    });
    expect(hits).toHaveLength(21);
    expect(hits).toEqual(golden.hits);
  });
});
