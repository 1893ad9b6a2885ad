import { describe, expect, it } from 'vitest';
import { PositionSchema } from '#core/model/position.ts';
import { generateCity } from '#local/city.ts';
import { demoPeople } from '#local/demo-brand.ts';
import { createReceiver, driftReceiver } from '#local/gps.ts';
import { distance, isInside, type LngLat, planeAt } from '#local/plane.ts';
import { createRandom } from '#local/random.ts';
import type { WalkerApi } from '#local/walker-api.ts';
import { runWalkers } from '#local/walker-driver.ts';
import { createWalkers, dueFixes, MAX_SPEED_MPS, pointsOf, step } from '#local/walkers.ts';

const NOW = Date.parse('2026-11-22T08:00:00Z');
const city = generateCity(7);
const people = demoPeople(city, 7, NOW).slice(0, 60);
const { toXY } = planeAt(city.center);

describe('walkers', () => {
  it('take the same steps for the same seed', () => {
    const trace = (seed: number) => {
      const walkers = createWalkers(city, people, seed);
      for (let second = 0; second < 60; second += 1) step(walkers, 1, 2);
      return { points: pointsOf(walkers), fixes: dueFixes(walkers, 5) };
    };
    expect(trace(3)).toEqual(trace(3));
    expect(trace(3)).not.toEqual(trace(4));
  });

  it.each([1, 4, 16, 100])('at %i times speed never outrun their pace, nor 25 m/s', (speed) => {
    const walkers = createWalkers(city, people, 5);
    let fastest = 0;
    for (let second = 0; second < 300; second += 1) {
      const before = walkers.list.map(({ at }) => at);
      step(walkers, 1, speed);
      walkers.list.forEach(({ at }, index) => {
        fastest = Math.max(fastest, distance(at, before[index] ?? at));
      });
    }
    // Lingering adds a little random step; corners only shorten.
    expect(fastest).toBeLessThanOrEqual(Math.min(1.5 * speed, MAX_SPEED_MPS) + 1.5);
    expect(fastest).toBeGreaterThan(Math.min(1.2 * speed, MAX_SPEED_MPS) * 0.9);
  });

  it('arrive inside places and stay there long enough to be noticed', () => {
    const walkers = createWalkers(city, people, 9);
    let arrivals = 0;
    for (let second = 0; second < 600; second += 1) {
      for (const { walker, placeId } of step(walkers, 1, 4)) {
        arrivals += 1;
        expect(walker.stayLeft).toBeGreaterThanOrEqual(45);
        const { geometry } = city.places.find((place) => place.placeId === placeId) ?? {};
        if (geometry?.type !== 'Polygon') continue;
        expect(
          isInside(
            walker.at,
            geometry.coordinates.map((ring) => ring.map((point) => toXY(point as LngLat))),
          ),
          placeId,
        ).toBe(true);
      }
    }
    // 60 people, ten minutes, about three minutes for a way and a visit.
    expect(arrivals).toBeGreaterThan(60);
  });

  it('report every five seconds or so, each in their own rhythm, in the shape of the API', () => {
    const walkers = createWalkers(city, people, 11);
    const perSecond = Array.from({ length: 100 }, () => {
      step(walkers, 1, 4);
      return dueFixes(walkers, 1);
    });
    const total = perSecond.flat().length;
    expect(total / walkers.list.length).toBeGreaterThan(18);
    expect(total / walkers.list.length).toBeLessThan(22);
    expect(Math.max(...perSecond.map((fixes) => fixes.length))).toBeLessThan(walkers.list.length / 2);
    for (const fix of perSecond.flat())
      expect(PositionSchema.safeParse({ ...fix, at: '2026-11-22T08:00:00Z' }).error).toBeUndefined();
  });
});

describe('the receivers', () => {
  const random = createRandom(1, 'gps-test');
  const samples = Array.from({ length: 200 }, () => createReceiver(random)).flatMap((receiver) =>
    Array.from({ length: 200 }, () => {
      const claimedM = driftReceiver(receiver, 5, random);
      return {
        claimedM,
        errorM: Math.hypot(...receiver.offset),
        offset: receiver.offset,
        isCanyon: receiver.canyonLeft > 0,
        isHonest: receiver.isHonest,
      };
    }),
  );

  it('keep about 68 % of open-sky errors within the accuracy they claim', () => {
    const clear = samples.filter(({ isCanyon }) => !isCanyon);
    const within = clear.filter(({ claimedM, errorM }) => errorM <= claimedM).length / clear.length;
    expect(within).toBeGreaterThan(0.62);
    expect(within).toBeLessThan(0.74);
  });

  it('err in the same direction from fix to fix', () => {
    let product = 0;
    let square = 0;
    for (let index = 1; index < samples.length; index += 1) {
      if (index % 200 === 0) continue;
      const [a, b] = [samples[index - 1]?.offset[0] ?? 0, samples[index]?.offset[0] ?? 0];
      product += a * b;
      square += a * a;
    }
    // exp(-5/40) = 0.88.
    expect(product / square).toBeGreaterThan(0.8);
    expect(product / square).toBeLessThan(0.95);
  });

  it('sometimes lie: in a canyon some claim open sky', () => {
    const liars = samples.filter(({ isCanyon, isHonest }) => isCanyon && !isHonest);
    expect(liars.length / samples.length).toBeGreaterThan(0.005);
    expect(liars.length / samples.length).toBeLessThan(0.1);
    const within = liars.filter(({ claimedM, errorM }) => errorM <= claimedM).length / liars.length;
    expect(within).toBeLessThan(0.6);
  });
});

describe('the driver', () => {
  const quiet: WalkerApi = {
    post: async () => {},
    tap: async () => {},
    coupons: async () => [],
    redeem: async () => {},
  };

  it('posts at most 100 positions at a time, survives failures, sends the backlog later, and stops at once', async () => {
    const batches: number[] = [];
    let failures = 2;
    const stop = new AbortController();
    const post = async (positions: unknown[]) => {
      failures -= 1;
      if (failures >= 0) throw new Error('no network');
      batches.push(positions.length);
    };
    let moves = 0;
    const run = runWalkers({
      city,
      people: demoPeople(city, 7, NOW),
      api: { ...quiet, post },
      onMove: () => (moves += 1),
      signal: stop.signal,
    });
    await expect.poll(() => batches.length, { timeout: 9000 }).toBeGreaterThan(1);
    const stopped = performance.now();
    stop.abort();
    await run;
    expect(performance.now() - stopped).toBeLessThan(200);
    expect(Math.max(...batches)).toBeLessThanOrEqual(100);
    expect(batches[0]).toBeGreaterThan(50);
    expect(moves).toBeGreaterThan(2);
  }, 15_000);
});
