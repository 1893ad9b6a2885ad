import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOME } from '#test/support/builders.ts';
import type { World } from './world.ts';

const METRE_LAT = 1 / 111_195;
const METRE_LNG = METRE_LAT / Math.cos((HOME.lat * Math.PI) / 180);
/** A point so many metres east and north of home. */
export const at = (eastM: number, northM = 0): [number, number] => [
  HOME.lng + eastM * METRE_LNG,
  HOME.lat + northM * METRE_LAT,
];
const square = (westM: number, southM: number, sizeM: number): number[][] => [
  at(westM, southM),
  at(westM + sizeM, southM),
  at(westM + sizeM, southM + sizeM),
  at(westM, southM + sizeM),
  at(westM, southM),
];
const star = (corners: number, radiusM: number): number[][] => {
  const ring = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const r = radiusM * (i % 2 === 0 ? 1 : 0.9);
    return at(r * Math.cos(angle), r * Math.sin(angle));
  });
  return [...ring, ring[0] as number[]];
};
export const shopAt = (eastM: number, northM = 0, radiusM = 60) => ({
  name: 'A shop',
  timeZone: 'Asia/Shanghai',
  geometry: { type: 'Point' as const, coordinates: at(eastM, northM) },
  radiusM,
});
const area = (geometry: object) => ({ name: 'An area', timeZone: 'Asia/Shanghai', geometry: geometry as never });
/** Somebody who stays four minutes: enough for anybody to be sure, though they came there at a bound. */
const stay = (eastM: number, northM = 0): [number, number][] =>
  Array.from({ length: 16 }, (_, i) => at(eastM + (i % 2) * 12, northM));

/**
 * What both locators must do, asked at the doors: places and positions in, signals out. `differences` are the few that
 * are documented (docs/amazon-location.md).
 */
export function locatorContract(
  name: string,
  open: () => Promise<World>,
  differences: { tellsExitOfMovedPlace: boolean },
): void {
  describe(`${name}, as every locator`, () => {
    let world: World;
    beforeEach(async () => {
      world = await open();
      // The shop's own place would be in everybody's way.
      await world.remove('s1');
    });
    afterEach(async () => {
      await world.behind.stop();
      // Whatever came, no consumer has given up on any of it.
      expect(world.dead).toEqual([]);
    });

    it('tells who enters and leaves a circle, and offers what is to be offered there', async () => {
      await world.put('circle', { ...shopAt(0), tags: ['store'] });
      await world.shop.person('mei');
      await world.walk('phone-mei', [...stay(-400), ...stay(0)]);
      expect(world.words('phone-mei')).toEqual(['enter circle']);
      expect(world.shop.coupons().map(({ personId }) => personId)).toEqual(['mei']);
      await world.walk('phone-mei', stay(400));
      expect(world.words('phone-mei')).toEqual(['enter circle', 'exit circle']);
      const [enter] = world.told('phone-mei');
      expect(enter).toMatchObject({
        trust: 'T2',
        source: world.locator === 'amazon' ? 'amazon-location' : 'embedded',
        insidePlaceIds: ['circle'],
      });
      expect(JSON.stringify(world.told('phone-mei'))).not.toMatch(/\b(121|31)\.\d{3}/);
    });

    it('knows the hole of a polygon', async () => {
      await world.put(
        'ring',
        area({ type: 'Polygon', coordinates: [square(-300, -300, 600), square(-100, -100, 200)] }),
      );
      await world.walk('p-hole', [...stay(-600), ...stay(-200), ...stay(0), ...stay(200)]);
      expect(world.words('p-hole')).toEqual(['enter ring', 'exit ring', 'enter ring']);
    });

    it('takes the parts of a multipolygon as one place', async () => {
      const coordinates = [[square(-300, -100, 200)], [square(300, -100, 200)]];
      await world.put('parts', area({ type: 'MultiPolygon', coordinates }));
      await world.walk('p-multi', [...stay(-200), ...stay(100), ...stay(400), ...stay(900)]);
      expect(world.words('p-multi')).toEqual(['enter parts', 'exit parts', 'enter parts', 'exit parts']);
    });

    it('keeps nested and overlapping places apart', async () => {
      await world.put('mall', shopAt(0, 0, 500));
      await world.put('inner', shopAt(0, 0, 60));
      await world.put('beside', shopAt(500, 0, 200));
      await world.walk('p-nest', [...stay(-900), ...stay(-300), ...stay(0), ...stay(400), ...stay(1200)]);
      const words = world.words('p-nest');
      // Of one moment any order will do.
      expect([words.slice(0, 2), words.slice(2, 4).sort(), words.slice(4).sort()]).toEqual([
        ['enter mall', 'enter inner'],
        ['enter beside', 'exit inner'],
        ['exit beside', 'exit mall'],
      ]);
      const inner = world.told('p-nest').find(({ placeId }) => placeId === 'inner');
      expect(inner?.insidePlaceIds).toEqual(['inner', 'mall']);
    });

    it('judges a place that has moved by where it is', async () => {
      await world.put('moving', shopAt(0));
      await world.walk('p-move', [...stay(-400), ...stay(0)]);
      await world.put('moving', shopAt(2000));
      await world.walk('p-move', stay(24));
      await world.walk('p-late', [...stay(-400), ...stay(0)]);
      expect(world.words('p-late')).toEqual([]);
      const before = ['enter moving', ...(differences.tellsExitOfMovedPlace ? ['exit moving'] : [])];
      expect(world.words('p-move')).toEqual(before);
      await world.walk('p-move', stay(2000));
      expect(world.words('p-move')).toEqual([...before, 'enter moving']);
    });

    it('hears nothing more of a place that is gone', async () => {
      await world.put('gone', shopAt(0));
      await world.walk('p-gone', stay(0));
      expect(await world.remove('gone')).toBe(204);
      expect(await world.remove('gone')).toBe(404);
      await world.walk('p-gone', [...stay(400), ...stay(0)]);
      expect(world.words('p-gone')).toEqual(['enter gone']);
    });

    it('makes one of what is sent twice, and nothing of what is late', async () => {
      await world.put('once', shopAt(0));
      await world.put('elsewhere', shopAt(5000));
      const steps = await world.walk('p-once', [...stay(-400), ...stay(0)]);
      await world.sendAgain('p-once', steps);
      const past = (steps[0]?.at ?? 0) - 60_000;
      const [lng, lat] = at(5000);
      const late = Array.from({ length: 3 }, (_, i) => ({ at: past + i * 15_000, lng, lat, accuracyM: 5 }));
      await world.sendAgain('p-once', late);
      expect(world.words('p-once')).toEqual(['enter once']);
    });

    it('knows a device of which nobody knows whose it is', async () => {
      await world.put('open', { ...shopAt(0), tags: ['store'] });
      const before = world.shop.coupons().length;
      await world.walk('p-nobody', [...stay(-400), ...stay(0)]);
      expect(world.words('p-nobody')).toEqual(['enter open']);
      expect(world.shop.coupons()).toHaveLength(before);
    });

    it('sees nobody at a sensitive place, nor at one that touches it', async () => {
      await world.put('by-clinic', shopAt(0));
      await world.put('far', shopAt(3000));
      const clinic = {
        name: 'A clinic',
        category: 'clinic',
        geometry: { type: 'Point', coordinates: at(30) },
        radiusM: 50,
      };
      const answer = await world.putSensitive('clinic', clinic);
      expect([answer.status, answer.body.blockedPlaceIds]).toEqual([200, ['by-clinic']]);
      await world.walk('p-quiet', [...stay(-400), ...stay(0), ...stay(-400), ...stay(3000)]);
      expect(world.words('p-quiet')).toEqual(['enter far']);
      await world.call('deleteSensitivePlace', { path: { sensitivePlaceId: 'clinic' } });
      await world.settle();
      await world.walk('p-heard', [...stay(-400), ...stay(0)]);
      expect(world.words('p-heard')).toEqual(['enter by-clinic']);
    });

    it('tells who has stayed, though they say nothing more, and once', async () => {
      await world.put('cafe', { ...shopAt(0), tags: ['cafe'] });
      await world.campaign('dwell', {
        trigger: { on: ['geofence.dwell'], placeTags: ['cafe'], dwellSeconds: 600 },
        limits: { perPerson: { count: 1, window: 'P7D' }, stock: 10, budget: { amount: 50_000, currency: 'CNY' } },
      });
      await world.shop.person('mei');
      await world.walk('phone-mei', [...stay(-400), ...stay(0)]);
      await world.wait(300);
      expect(world.words('phone-mei')).toEqual(['enter cafe']);
      await world.wait(600);
      expect(world.words('phone-mei')).toEqual(['enter cafe', 'dwell cafe']);
      expect(world.told('phone-mei')[1]).toMatchObject({ dwellSeconds: 600, placeId: 'cafe' });
      expect(world.shop.coupons().map(({ campaignId }) => campaignId)).toEqual(['dwell']);
      await world.walk('phone-mei', [...stay(0), ...stay(400)]);
      expect(world.words('phone-mei')).toEqual(['enter cafe', 'dwell cafe', 'exit cafe']);
    });

    it('tells nobody who has left in time, and nobody once the campaign is paused', async () => {
      await world.put('cafe', { ...shopAt(0), tags: ['cafe'] });
      await world.campaign('dwell', {
        trigger: { on: ['geofence.dwell'], placeTags: ['cafe'], dwellSeconds: 600 },
      });
      await world.walk('p-brief', [...stay(-400), ...stay(0), ...stay(400)]);
      await world.wait(1200);
      expect(world.words('p-brief')).toEqual(['enter cafe', 'exit cafe']);
      await world.walk('p-paused', [...stay(-400), ...stay(0)]);
      await world.campaign(
        'dwell',
        { trigger: { on: ['geofence.dwell'], placeTags: ['cafe'], dwellSeconds: 600 } },
        'paused',
      );
      await world.wait(1200);
      expect(world.words('p-paused')).toEqual(['enter cafe']);
    });

    it('takes a shape of 1,500 corners', async () => {
      await world.put('coast', area({ type: 'Polygon', coordinates: [star(1500, 400)] }));
      await world.walk('p-coast', [...stay(-900), ...stay(0), ...stay(900)]);
      expect(world.words('p-coast')).toEqual(['enter coast', 'exit coast']);
    });

    it('takes ids of every allowed character, and of full length', async () => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-';
      const ids = [alphabet.slice(0, 64), alphabet.slice(1, 65), '.', '-', '_', '0'];
      const devices = [`${'é店-._9'.repeat(16)}abcd`, 'x'];
      for (const placeId of ids) await world.put(placeId, shopAt(0));
      for (const device of devices) {
        await world.walk(device, [...stay(-400), ...stay(0)]);
        expect(world.words(device).sort(), device).toEqual(ids.map((placeId) => `enter ${placeId}`).sort());
      }
    });

    it('hears of a venue’s place where it is the brand’s to use, and its own place goes first', async () => {
      await world.becomeBrandAt(['mall']);
      await world.put('lobby', shopAt(0), { venue: 'mall' });
      await world.put('cafe', shopAt(1000), { venue: 'mall' });
      await world.put('cafe', shopAt(3000));
      await world.put('theirs', shopAt(0), { venue: 'another' });
      await world.walk('p-venue', [...stay(-400), ...stay(0), ...stay(1000), ...stay(3000)]);
      expect(world.words('p-venue')).toEqual(['enter lobby', 'exit lobby', 'enter cafe']);
    });

    it('keeps two brands apart, with places and devices of the same names', async () => {
      await world.becomeBrandAt([], 'other');
      await world.put('same', shopAt(0));
      await world.put('same', shopAt(2000), { brand: 'other' });
      await world.walk('p-same', [...stay(-400), ...stay(0)]);
      await world.walk('p-same', [...stay(0), ...stay(2000)], 5, 'other');
      expect(world.words('p-same')).toEqual(['enter same']);
      expect(world.words('p-same', 'other')).toEqual(['enter same']);
      const [mine, others] = [world.told('p-same')[0], world.told('p-same', 'other')[0]];
      expect(mine?.signalId).not.toBe(others?.signalId);
    });
  });
}
