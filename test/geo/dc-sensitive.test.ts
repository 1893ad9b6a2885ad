import { describe, expect } from 'vitest';
import type { Geometry } from '#core/model/place.ts';
import { openGuardedShop } from '../functions/sensitive-world.ts';
import { angularM, distanceToM } from './edge-samples.ts';
import { goldenTest, sharedJson } from './shared-data.ts';

type Feature = {
  id: string;
  properties: { category: string; name: string };
  geometry: { coordinates: [number, number] };
};
type Campus = { id: string; geometry: Geometry };

const all = () => sharedJson<{ features: Feature[] }>('dc_places.geojson').features;
const pharmacies = () => all().filter(({ properties }) => properties.category === 'pharmacy');
const others = () => all().filter(({ properties }) => properties.category !== 'pharmacy');
const collection = (features: unknown) => ({ type: 'FeatureCollection', features });
const query = { category: 'pharmacy', jurisdiction: 'US-WA' };

/** From a pharmacy's edge, 25 m about its point, 2,000 feet. */
const KEPT_M = 25 + 2000 * 0.3048;
const RADIUS_M = 100;

describe('the 122 pharmacies of Washington under the buffer of Washington State', () => {
  goldenTest(['dc_places.geojson'])(
    'refuse exactly the shops that brute force finds too near, each with the reason',
    async () => {
      const shop = await openGuardedShop();
      const sensitive = await shop.call('importSensitivePlaces', { query, body: collection(pharmacies()) });
      expect(sensitive.body).toEqual({ imported: 122, rejected: [], blockedPlaceIds: [] });

      const answer = await shop.call('importPlaces', { query: { radiusM: '100' }, body: collection(others()) });
      const nearest = others().map(({ geometry }) =>
        Math.min(...pharmacies().map((pharmacy) => angularM(geometry.coordinates, pharmacy.geometry.coordinates))),
      );
      const tooNear = nearest.flatMap((metres, index) => (metres <= KEPT_M + RADIUS_M ? [index] : []));
      expect(answer.body.rejected.map(({ index }: { index: number }) => index)).toEqual(tooNear);
      console.log(`of 333 places ${answer.body.imported} accepted, ${answer.body.rejected.length} refused`);
      expect([answer.body.imported, answer.body.rejected.length]).toEqual([34, 299]);
      for (const { index, reason } of answer.body.rejected) {
        const metres = Math.max(0, (nearest[index] ?? 0) - 25 - RADIUS_M);
        const where = metres === 0 ? 'touches' : `is ${metres.toFixed(2)} m from`;
        expect(reason).toBe(
          `/geometry: ${where} a sensitive place (pharmacy); 609.6 m must be kept free (RCW 19.373.010 and 19.373.080 (My Health My Data Act): 2000 ft)`,
        );
      }
      const names = pharmacies().map(({ properties }) => properties.name);
      expect(names.filter((name) => JSON.stringify(answer.body).includes(`"${name}"`))).toEqual([]);
    },
  );

  goldenTest(['dc_places.geojson'])('that come later silence the places that stand there already', async () => {
    const shop = await openGuardedShop();
    const places = await shop.call('importPlaces', { query: { radiusM: '100' }, body: collection(others()) });
    expect(places.body.imported).toBe(333);
    const sensitive = await shop.call('importSensitivePlaces', { query, body: collection(pharmacies()) });
    expect(sensitive.body.blockedPlaceIds).toHaveLength(299);
    const pharmacy = pharmacies()[0] as Feature;
    await shop.walk(
      'phone-mei',
      Array.from({ length: 5 }, () => pharmacy.geometry.coordinates),
    );
    expect([await shop.presence('phone-mei'), shop.sent]).toEqual([undefined, []]);
  });

  goldenTest(['dc_places.geojson', 'dc_campuses.geojson'])(
    'refuse campuses by their edges, and campuses that are schools refuse shops by theirs',
    async () => {
      const campuses = sharedJson<{ features: Campus[] }>('dc_campuses.geojson').features;
      const shop = await openGuardedShop();
      await shop.call('importSensitivePlaces', { query, body: collection(pharmacies()) });
      const answer = await shop.call('importPlaces', { body: collection(campuses) });
      const near = campuses.filter((campus) =>
        pharmacies().some(({ geometry }) => distanceToM(campus, geometry.coordinates) <= KEPT_M),
      );
      const refused = answer.body.rejected.map(({ id }: { id: string }) => id);
      expect(refused).toEqual(near.map(({ id }) => id));
      console.log(`of 30 campuses ${answer.body.imported} accepted, ${refused.length} refused`);
      expect([answer.body.imported, refused.length]).toEqual([3, 27]);

      const second = await openGuardedShop();
      const bufferM = 200;
      const schools = campuses.map((campus) => ({ ...campus, properties: { bufferM } }));
      const imported = await second.call('importSensitivePlaces', {
        query: { category: 'school' },
        body: collection(schools),
      });
      expect(imported.body.imported).toBe(30);
      const shops = await second.call('importPlaces', { query: { radiusM: '100' }, body: collection(all()) });
      const close = all().filter(({ geometry }) =>
        campuses.some((campus) => distanceToM(campus, geometry.coordinates) <= bufferM + RADIUS_M),
      );
      expect(shops.body.rejected.map(({ id }: { id: string }) => id)).toEqual(close.map(({ id }) => id));
      console.log(`of 455 places ${shops.body.imported} accepted beside schools, ${close.length} refused`);
      expect([shops.body.imported, close.length]).toEqual([302, 153]);
    },
  );
});
