import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { world } from '#bench/geofence/data.ts';
import { buildCellIndex } from '#core/geo/cells/build.ts';
import { type CellIndex, openCellIndex } from '#core/geo/cells/index.ts';
import type { Located } from '#core/geo/cells/located.ts';
import { placesFromFeatures } from '#core/geo/import-features.ts';
import { EARTH_RADIUS_M } from '#core/geo/sphere.ts';
import type { Place } from '#core/model/place.ts';
import { aPlace } from './build.ts';
import { goldenTest, sharedJson } from './shared-data.ts';
import { createTreeIndex } from './tree-index.ts';

const indexOf = (places: readonly Located[]): CellIndex => openCellIndex(buildCellIndex(places));
const holding = (index: CellIndex, lng: number, lat: number): string[] =>
  Array.from(index.found.subarray(0, index.containing(lng, lat)), index.idOf).sort();

/** A number of 2^-16 units of 1e-7 degrees: what positions are rounded to, and so the grid of exact arithmetic. */
const FRACTION = 65_536;
const TURN = 3_600_000_000;
type Corner = [x: number, y: number];

/** Where the exact tests work: in units from the antimeridian and the south pole; half of them across a seam of the grid. */
const centre = fc.record({
  x: fc.oneof(fc.constantFrom(0, 1, TURN - 1, TURN - 40_000, 1_800_000_000), fc.integer({ min: 0, max: TURN - 1 })),
  // Near the latitudes at which cells are widened, and near the poles.
  y: fc.oneof(
    fc.constantFrom(1_500_000_000, 1_655_224_878, 299_990_000, 900_000_000, 1_780_000_000, 25_000_000),
    fc.integer({ min: 20_000_000, max: 1_780_000_000 }),
  ),
});

/** A star round the origin: simple, whatever its radii. */
const star = (reach: number) =>
  fc.array(fc.integer({ min: Math.ceil(reach / 20), max: reach }), { minLength: 3, maxLength: 14 }).map((radii) =>
    radii.map((radius, i): Corner => {
      const angle = (2 * Math.PI * i) / radii.length;
      return [Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))];
    }),
  );

/** Even-odd, half-open, on whole numbers of any size: `ringContains` as it would be without rounding. */
function exactlyInRing(ring: readonly Corner[], [x, y]: Corner): boolean {
  const big = (units: number): bigint => BigInt(Math.round(units * FRACTION));
  const [px, py] = [big(x), big(y)];
  let inside = false;
  ring.forEach((corner, i) => {
    const [ax, ay] = corner.map(big) as [bigint, bigint];
    const [bx, by] = (ring[(i + 1) % ring.length] as Corner).map(big) as [bigint, bigint];
    if (ay > py === by > py) return;
    const [across, along] = [(px - ax) * (by - ay), (py - ay) * (bx - ax)];
    if (across !== along && across < along === by > ay) inside = !inside;
  });
  return inside;
}

const degreesX = (units: number): number => {
  const folded = ((units % TURN) + TURN) % TURN;
  return (folded - TURN / 2) / 1e7;
};
const degreesY = (units: number): number => (units - TURN / 4) / 1e7;

type Case = { at: { x: number; y: number }; rings: Corner[][]; points: Corner[] };

/** An exterior, perhaps a hole of its shape, and points: on corners, on edges, within a few fractions of them, anywhere. */
function polygonCase(reach: number, fraction: number): fc.Arbitrary<Case> {
  return fc
    .record({
      at: centre,
      ring: star(reach),
      hole: fc.boolean(),
      picks: fc.array(
        fc.record({
          edge: fc.nat(),
          t: fc.double({ min: 0, max: 1, noNaN: true }),
          nudge: fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
          far: fc.tuple(fc.integer({ min: -reach, max: reach }), fc.integer({ min: -reach, max: reach })),
        }),
        { minLength: 10, maxLength: 10 },
      ),
    })
    .map(({ at, ring, hole, picks }) => {
      const rings = hole ? [ring, ring.map(([x, y]): Corner => [Math.round(x / 3), Math.round(y / 3)])] : [ring];
      const edges = rings.flatMap((each) => each.map((a, i) => [a, each[(i + 1) % each.length] as Corner] as const));
      const points = picks.flatMap(({ edge, t, nudge, far }): Corner[] => {
        const [a, b] = edges[edge % edges.length] as readonly [Corner, Corner];
        const on = (k: 0 | 1) => Math.round((a[k] + t * (b[k] - a[k])) / fraction) * fraction + nudge[k] * fraction;
        return [a, [on(0), on(1)], far];
      });
      return { at, rings, points };
    });
}

function checkExactly({ at, rings, points }: Case): void {
  const coordinates = rings.map((ring) =>
    [...ring, ring[0] as Corner].map(([x, y]) => [degreesX(at.x + x), degreesY(at.y + y)]),
  );
  const index = indexOf([aPlace({ placeId: 'p', geometry: { type: 'Polygon', coordinates } })]);
  for (const [x, y] of points) {
    const inside = rings.filter((ring) => exactlyInRing(ring, [x, y])).length % 2 === 1;
    const [lng, lat] = [degreesX(at.x + x), degreesY(at.y + y)];
    expect([x, y, holding(index, lng, lat)]).toEqual([x, y, inside ? ['p'] : []]);
    const [near] = index.near(lng, lat, 0.5);
    expect((near?.distanceM ?? 1) <= 0 || !inside).toBe(true);
    expect((near?.distanceM ?? 1) > 0 || inside).toBe(true);
  }
}

describe('polygons are exact, on their edges and within a fraction of a micrometre of them', () => {
  test('from 30 m to 2 km, at positions of 2^-16 units', () => {
    fc.assert(
      fc.property(fc.oneof(polygonCase(3000, 1 / FRACTION), polygonCase(200_000, 1 / FRACTION)), checkExactly),
      {
        numRuns: 300,
      },
    );
  });

  test('up to 200 km, at positions of whole units', () => {
    fc.assert(fc.property(fc.oneof(polygonCase(900_000, 1), polygonCase(9_000_000, 1)), checkExactly), {
      numRuns: 200,
    });
  });
});

const degree = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;

describe('circles', () => {
  /** Angle between unit vectors: another formula than the one under test, good to nanometres. */
  const distanceM = (a: Corner, b: Corner): number => {
    const unit = ([lng, lat]: Corner) => {
      const [x, y] = [(lng * Math.PI) / 180, (lat * Math.PI) / 180];
      return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)] as const;
    };
    const [[ax, ay, az], [bx, by, bz]] = [unit(a), unit(b)];
    const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
    return EARTH_RADIUS_M * Math.atan2(cross, ax * bx + ay * by + az * bz);
  };
  /** Where one comes who goes so far from a point, on a great circle that leaves it at so many radians from north. */
  const gone = ([lng, lat]: Corner, bearing: number, metres: number): Corner => {
    const [reach, y] = [metres / EARTH_RADIUS_M, (lat * Math.PI) / 180];
    const north = Math.asin(Math.sin(y) * Math.cos(reach) + Math.cos(y) * Math.sin(reach) * Math.cos(bearing));
    const east = Math.atan2(
      Math.sin(bearing) * Math.sin(reach) * Math.cos(y),
      Math.cos(reach) - Math.sin(y) * Math.sin(north),
    );
    return [lng + (east * 180) / Math.PI, (north * 180) / Math.PI];
  };
  const anywhere: fc.Arbitrary<Corner> = fc.tuple(
    fc.oneof(fc.constantFrom(-180, 179.9999999, 179.99, 0), degree(180)).map(rounded),
    fc.oneof(fc.constantFrom(90, -90, 89.9999, -89.99, 60, 0), degree(90)).map(rounded),
  );

  test('end where they end, to 2 micrometres: over the poles and the antimeridian, from 30 m to 100 km', () => {
    fc.assert(
      fc.property(
        anywhere,
        fc.oneof(fc.integer({ min: 30, max: 300 }), fc.integer({ min: 300, max: 100_000 })),
        fc.array(fc.tuple(fc.double({ min: 0, max: 6.3, noNaN: true }), degree(0.002)), { minLength: 8, maxLength: 8 }),
        (at, radiusM, picks) => {
          const index = indexOf([aPlace({ placeId: 'c', geometry: { type: 'Point', coordinates: at }, radiusM })]);
          for (const [bearing, beyondM] of picks) {
            const point = gone(at, bearing, radiusM + beyondM);
            const truth = distanceM(at, point) - radiusM;
            if (Math.abs(truth) < 2e-6) continue;
            expect(index.containing(...point)).toBe(truth < 0 ? 1 : 0);
            const [near] = index.near(...point, 1);
            expect(Math.abs((near?.distanceM ?? Infinity) - truth)).toBeLessThan(2e-6);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

test('answers as a tree of boxes does: cities, fences of 100 km, the poles, places of several parts', () => {
  const { fences, points } = world(1500, 1500, 11);
  const large = Array.from({ length: 150 }, (_, i): Located => {
    const [lng, lat] = [rounded(((i * 37.7) % 360) - 180), rounded(((i * 7.3) % 180) - 90)];
    return {
      placeId: `large${i}`,
      geometry: { type: 'Point', coordinates: [lng, lat] },
      radiusM: 10 ** (1.5 + (i % 8) / 2),
    };
  });
  const several = fences.flatMap(({ geometry }, i): Located[] => {
    const next = fences[i + 2]?.geometry;
    if (i % 10 !== 1 || geometry.type !== 'Polygon' || next?.type !== 'Polygon') return [];
    // Overlapping itself, which the door refuses, it is told once nevertheless.
    const coordinates = [geometry.coordinates, next.coordinates, geometry.coordinates];
    return [{ placeId: `several${i}`, geometry: { type: 'MultiPolygon', coordinates } }];
  });
  const places = [...fences, ...large, ...several].map((place) => aPlace(place as Place));
  const [index, reference] = [indexOf(places), createTreeIndex(places)];
  const asked = Array.from({ length: 500 }, (_, i) => [points[2 * i], points[2 * i + 1]] as Corner);
  const around = large.map(({ geometry }, i): Corner => {
    const [lng = 0, lat = 0] = geometry.coordinates as number[];
    return [lng + (i % 5) / 50, Math.max(-90, Math.min(90, lat + ((i % 7) - 3) / 30))];
  });
  for (const [lng, lat] of [...asked, ...around, [0, 90], [77, -90], [180, 0], [-180, 0]] as Corner[]) {
    expect(holding(index, lng, lat)).toEqual(reference.containing(lng, lat).map(({ placeId }) => placeId));
    for (const withinM of [0, 60, 2500]) {
      const near = index.near(lng, lat, withinM);
      const wanted = reference.near(lng, lat, withinM);
      expect(near.map(({ number }) => index.idOf(number))).toEqual(wanted.map(({ place }) => place.placeId));
      near.forEach(({ distanceM, sizeM }, i) => {
        expect(Math.abs(distanceM - (wanted[i]?.distanceM ?? Infinity))).toBeLessThan(2e-6);
        expect(sizeM / (wanted[i]?.sizeM ?? 0)).toBeCloseTo(1, 5);
      });
    }
  }
});

describe('the buffer', () => {
  const places = world(300, 1, 5).fences.map((fence, i) => ({ ...fence, traits: `{"tags":["${i % 3}"]}` }));
  const buffer = buildCellIndex(places);

  test('knows ids and traits, wherever it is copied to', () => {
    const copy = new ArrayBuffer(buffer.byteLength);
    new Uint8Array(copy).set(new Uint8Array(buffer));
    const index = openCellIndex(copy);
    expect(index.size).toBe(300);
    places.forEach(({ placeId, traits }) => {
      const number = index.numberOf(placeId) as number;
      expect(index.idOf(number)).toBe(placeId);
      expect(index.traitsOf(number)).toBe(traits);
    });
    expect(index.numberOf('nobody')).toBeUndefined();
    expect(() => index.idOf(300)).toThrow('no place 300 in an index of 300');
  });

  test('is the same for the same places', () => {
    expect(Buffer.from(buildCellIndex(places)).equals(Buffer.from(buffer))).toBe(true);
  });

  test('of no places holds nothing', () => {
    const index = indexOf([]);
    expect([index.size, index.containing(0, 0), index.near(0, 0, 1e6)]).toEqual([0, 0, []]);
    expect(index.numberOf('a')).toBeUndefined();
  });

  test('holds nothing at positions that are none', () => {
    const index = openCellIndex(buffer);
    for (const [lng, lat] of [
      [Number.NaN, 0],
      [0, Number.NaN],
      [0, 91],
      [0, -91],
      [Infinity, 0],
    ] as Corner[]) {
      expect(index.containing(lng, lat)).toBe(0);
    }
  });

  test.each([
    ['nothing', () => new ArrayBuffer(0), 'not an index of places'],
    ['other bytes', () => new ArrayBuffer(4096), 'not an index of places'],
    ['another version', () => changed(1, 99), 'of version 99, where 1 is read'],
    ['half of it', () => buffer.slice(0, 4096), 'bytes, of which 4096 are here'],
    ['a byte too many', () => lengthened(1), 'are here'],
    ['a word too many', () => lengthened(4), 'are here'],
    ['a head that points beyond the end', () => changed(10, 0x7fff_ffff), 'points beyond its end'],
  ])('is refused when it is %s', (_, make, message) => {
    expect(() => openCellIndex(make())).toThrow(message);
    expect(() => openCellIndex(make())).toThrow(RangeError);
  });

  function changed(word: number, value: number): ArrayBuffer {
    const copy = buffer.slice(0);
    new Uint32Array(copy)[word] = value;
    return copy;
  }

  function lengthened(by: number): ArrayBuffer {
    const copy = new Uint8Array(buffer.byteLength + by);
    copy.set(new Uint8Array(buffer));
    return copy.buffer;
  }
});

type Points = { features: { id: string; geometry: { coordinates: Corner } }[] };

goldenTest(['dc_campuses.geojson', 'dc_places.geojson', 'dc_wifi_hotspots.geojson', 'dc_golden_point_in_campus.json'])(
  'Washington DC: of 903 points exactly the known 21 are in a campus',
  () => {
    const { places } = placesFromFeatures(sharedJson('dc_campuses.geojson'), { timeZone: 'America/New_York' });
    const index = indexOf(places);
    const points = ['dc_places.geojson', 'dc_wifi_hotspots.geojson'].flatMap(
      (name) => sharedJson<Points>(name).features,
    );
    const golden = sharedJson<{ hits: { point: string; inside: string[] }[] }>('dc_golden_point_in_campus.json');
    const hits = points.flatMap(({ id, geometry }) => {
      const inside = holding(index, ...geometry.coordinates);
      return inside.length > 0 ? [{ point: id, inside }] : [];
    });
    expect(points).toHaveLength(903);
    expect(hits).toEqual(golden.hits.map(({ point, inside }) => ({ point, inside: inside.toSorted() })));
  },
);
