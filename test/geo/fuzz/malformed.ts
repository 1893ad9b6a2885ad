import type { Random } from '#local/random.ts';
import { at, closed, type Ring, somewhere, square, star } from './shapes.ts';

/**
 * A body of `PUT /v1/places/{placeId}` as text. `refused` and `accepted`: that is how it must be answered; `either`: it
 * depends on numbers, and an accepted one is held against the references all the same.
 */
export type Case = { kind: string; text: string; must: 'refused' | 'accepted' | 'either' };
type Made = { place?: object; text?: string; must: Case['must'] };
type Maker = (random: Random) => Made;

const body = (place: object): string => JSON.stringify({ name: 'a', timeZone: 'UTC', ...place });
const polygon = (...coordinates: unknown[]) => ({ geometry: { type: 'Polygon', coordinates } });
const refused = (place: object): Made => ({ place, must: 'refused' });
const accepted = (place: object): Made => ({ place, must: 'accepted' });
const either = (place: object): Made => ({ place, must: 'either' });
const refusedText = (text: string): Made => ({ text, must: 'refused' });

const aRing = (random: Random): Ring =>
  star(random, somewhere(random), { sizeM: random.between(30, 3000), corners: random.int(4, 60) });
/** A place in whose middle there is room, and its middle. */
function aSquare(random: Random) {
  const centre = somewhere(random);
  return { centre, ring: square(centre, 1000) };
}
const junk = (random: Random): unknown =>
  random.pick([null, true, '', 'NaN', {}, [], [[]], -1, 1e308, 0.5, '12', { type: 'Point' }, [null, null], [['a']]]);
/** One value somewhere within, replaced. */
function mutate(random: Random, value: unknown, depth = 0): unknown {
  if (!Array.isArray(value) || value.length === 0 || (depth > 0 && random.chance(0.25))) return junk(random);
  const index = random.int(0, value.length - 1);
  return value.map((item, i) => (i === index ? mutate(random, item, depth + 1) : item));
}
/** What JSON has no word for, in the place of one number. */
const withToken = (random: Random, token: string): string => {
  const [first = [0, 0], ...rest] = aRing(random);
  return body(polygon([first, ...rest])).replace(JSON.stringify(first[0]), token);
};
const bigRing = (random: Random, corners: number): Ring =>
  star(random, { lng: random.between(-170, 170), lat: random.between(-50, 50) }, { sizeM: 90_000, corners });

/** Each is asked for again and again, with other numbers. */
const MAKERS: Record<string, Maker> = {
  'a bow tie': (random) => {
    const [a, b, c, d] = aSquare(random).ring;
    return refused(polygon([a, c, b, d, a]));
  },
  'two corners swapped': (random) => {
    const ring = aRing(random).slice(0, -1);
    const [i, j] = [random.int(0, ring.length - 1), random.int(0, ring.length - 1)];
    [ring[i], ring[j]] = [ring[j] as number[], ring[i] as number[]];
    return either(polygon(closed(ring)));
  },
  'corners in no order': (random) => {
    const centre = somewhere(random);
    const ring = Array.from({ length: random.int(5, 30) }, () =>
      at(centre, random.between(-900, 900), random.between(-900, 900)),
    );
    return either(polygon(closed(ring)));
  },
  'a spike': (random) => {
    const { centre, ring } = aSquare(random);
    const [a, b, c, d] = ring;
    const tip = at(centre, random.between(1500, 4000), random.between(1500, 4000));
    return refused(polygon([a, b, c, tip, c, d, a]));
  },
  'a ring within itself': (random) => {
    const { centre, ring } = aSquare(random);
    return refused(polygon([...ring.slice(0, -1), ...square(centre, 400), ring[0]]));
  },
  'an unclosed ring': (random) => refused(polygon(aRing(random).slice(0, -1))),
  'a ring of few': (random) => refused(polygon(aRing(random).slice(0, random.int(0, 2)))),
  'the same ring twice': (random) => {
    const ring = aRing(random);
    return refused(polygon(ring, ring));
  },
  'a hole outside': (random) => {
    const { centre, ring } = aSquare(random);
    const [lng = 0, lat = 0] = at(centre, 3000, 0);
    return refused(polygon(ring, square({ lng, lat }, 100)));
  },
  'a hole that crosses': (random) => {
    const { centre, ring } = aSquare(random);
    const [lng = 0, lat = 0] = at(centre, 1000, random.between(-500, 500));
    return refused(polygon(ring, square({ lng, lat }, 100)));
  },
  'a hole in a hole': (random) => {
    const { centre, ring } = aSquare(random);
    return refused(polygon(ring, square(centre, 500), square(centre, random.between(50, 400))));
  },
  'holes that overlap': (random) => {
    const { centre, ring } = aSquare(random);
    const [lng = 0, lat = 0] = at(centre, random.between(50, 350), 0);
    return refused(polygon(ring, square(centre, 200), square({ lng, lat }, 200)));
  },
  'holes in their place': (random) => {
    const { centre, ring } = aSquare(random);
    const holes = [-600, 0, 600].map((east) => {
      const [lng = 0, lat = 0] = at(centre, east, random.between(-500, 500));
      return square({ lng, lat }, random.between(20, 250));
    });
    return accepted(polygon(ring, ...holes));
  },
  'no number': (random) =>
    refusedText(withToken(random, random.pick(['NaN', 'Infinity', '-Infinity', '0x10', '1e', '+1', '.5', '01']))),
  'a number beyond numbers': (random) => refusedText(withToken(random, random.pick(['1e999', '-1e999', '1e309']))),
  'a huge coordinate': (random) =>
    refusedText(withToken(random, random.pick(['180.0001', '-181', '1e308', '99999', '361']))),
  'a tiny coordinate': (random) => ({
    text: withToken(random, random.pick(['5e-324', '1e-300', '-0', '-0.0'])),
    must: 'either',
  }),
  'latitude first': (random) => {
    const ring = star(
      random,
      { lng: random.between(95, 175), lat: random.between(-60, 60) },
      { sizeM: 500, corners: 8 },
    );
    return refused(polygon(ring.map(([lng = 0, lat = 0]) => [lat, lng])));
  },
  'less than a centimetre': (random) => {
    const { lng, lat } = somewhere(random);
    const side = 10 ** -random.int(8, 300);
    return refused(
      polygon([
        [lng, lat],
        [lng + side, lat],
        [lng, lat + side],
        [lng, lat],
      ]),
    );
  },
  'less than a room': (random) => refused(polygon(square(somewhere(random), random.between(0.5, 4.5)))),
  'no area': (random) => {
    const { lng, lat } = somewhere(random);
    const steps = [0, ...Array.from({ length: random.int(2, 9) }, () => random.int(1, 900)), 0];
    return refused(polygon(steps.map((step) => [Math.min(179, lng), lat + step * 1e-4])));
  },
  'one point many times': (random) => {
    const { lng, lat } = somewhere(random);
    return refused(polygon(Array.from({ length: random.int(4, 400) }, () => [lng, lat])));
  },
  'repeated points': (random) =>
    accepted(polygon(aRing(random).flatMap((position) => Array(random.int(1, 4)).fill(position)))),
  'nested lists of nothing': (random) => {
    let coordinates: unknown = [];
    for (let level = random.int(0, 6); level > 0; level -= 1) coordinates = Array(random.int(1, 3)).fill(coordinates);
    return refused({ geometry: { type: random.pick(['Point', 'Polygon', 'MultiPolygon']), coordinates } });
  },
  'nested too deeply': (random) => {
    const levels = random.pick([4, 29, 40, 5000, 200_000]);
    return refusedText(
      `{"name":"a","timeZone":"UTC","geometry":{"type":"Polygon","coordinates":${'['.repeat(levels)}1${']'.repeat(levels)}}}`,
    );
  },
  'a value of another type': (random) =>
    either({ geometry: { type: 'Polygon', coordinates: mutate(random, [aRing(random)]) } }),
  'text for numbers': (random) => refused(polygon(aRing(random).map((position) => position.map(String)))),
  'an altitude': (random) =>
    accepted(polygon(aRing(random).map((position) => [...position, random.between(-10, 8848)]))),
  'four dimensions': (random) => refused(polygon(aRing(random).map((position) => [...position, 1, 2]))),
  'one dimension': (random) => refused(polygon(aRing(random).map(([lng]) => [lng]))),
  'another type': (random) =>
    refused({
      geometry: {
        type: random.pick([
          'polygon',
          'POLYGON',
          'LineString',
          'MultiPoint',
          'GeometryCollection',
          'Circle',
          '',
          null,
          7,
          ['Polygon'],
          {},
        ]),
        coordinates: [aRing(random)],
        geometries: [],
      },
    }),
  'no geometry': (random) =>
    refused({
      geometry: random.pick([null, [], 'Polygon', 7, {}, { coordinates: [aRing(random)] }, { type: 'Polygon' }]),
    }),
  'across the antimeridian': (random) =>
    accepted(
      polygon(
        star(
          random,
          { lng: random.pick([180, -180, 179.9999]), lat: random.between(-70, 70) },
          { sizeM: 20_000, corners: random.int(4, 30) },
        ),
      ),
    ),
  'round a pole': (random) => {
    const [lat, steps, from] = [
      random.pick([-1, 1]) * random.between(60, 89.9),
      random.int(4, 24),
      random.between(-179, 179),
    ];
    const ring = Array.from({ length: steps }, (_, i) => {
      const lng = from + (360 * i) / steps;
      return [lng > 180 ? lng - 360 : lng, lat];
    });
    return refused(polygon(closed(ring)));
  },
  'to the pole and back': (random) => {
    const [lng, pole] = [random.between(-170, 170), random.pick([-90, 90])];
    return either(
      polygon(
        closed([
          [lng, pole * 0.98],
          [lng + 5, pole * 0.98],
          [lng + 2, pole],
        ]),
      ),
    );
  },
  'a circle anywhere': (random) => {
    const { lng, lat } = random.chance(0.2)
      ? { lng: random.pick([-180, 0, 180]), lat: random.pick([-90, 90]) }
      : somewhere(random);
    return accepted({
      geometry: { type: 'Point', coordinates: [lng, lat] },
      radiusM: random.pick([0.001, 30, 1500, 100_000]),
    });
  },
  'a circle of no size': (random) =>
    refused({
      geometry: { type: 'Point', coordinates: [1, 2] },
      radiusM: random.pick([0, -1, 100_001, 1e308, null, '50', []]),
    }),
  'a point without a radius': () => refused({ geometry: { type: 'Point', coordinates: [1, 2] } }),
  'a radius round a polygon': (random) => refused({ ...polygon(aRing(random)), radiusM: 50 }),
  'too many rings': (random) => {
    const { centre, ring } = aSquare(random);
    return refused(polygon(ring, ...Array.from({ length: 250 }, () => square(centre, 10))));
  },
  'as many rings as may be': (random) => {
    const { centre, ring } = aSquare(random);
    const holes = Array.from({ length: 249 }, (_, i) => {
      const [lng = 0, lat = 0] = at(centre, -900 + (i % 16) * 115, -900 + Math.floor(i / 16) * 115);
      return square({ lng, lat }, 40);
    });
    return accepted(polygon(ring, ...holes));
  },
  'many parts': (random) => {
    const coordinates = Array.from({ length: random.int(1, 20) }, () => [aRing(random)]);
    return accepted({ geometry: { type: 'MultiPolygon', coordinates } });
  },
  'many parts, one of them bad': (random) => {
    const coordinates = Array.from({ length: random.int(1, 20) }, () => [aRing(random)]);
    const bad = [aRing(random).slice(0, -1)];
    coordinates.splice(random.int(0, coordinates.length), 0, bad);
    return refused({ geometry: { type: 'MultiPolygon', coordinates } });
  },
  'parts that overlap': (random) => {
    const centre = somewhere(random);
    const coordinates = [[square(centre, 1000)], [square(centre, random.between(100, 2000))]];
    return either({ geometry: { type: 'MultiPolygon', coordinates } });
  },
  'a ring that nearly touches itself': (random) => {
    const { lng, lat } = { lng: random.between(-170, 170), lat: random.between(-60, 60) };
    const gap = random.pick([0, 1e-9, 4e-8, 6e-8, 1e-7, 2e-7, 1e-6]);
    return either(
      polygon(
        closed([
          [lng, lat],
          [lng + 0.01, lat],
          [lng + 0.01, lat + 0.01],
          [lng + 0.005, lat + gap],
          [lng, lat + 0.01],
        ]),
      ),
    );
  },
  'a name that is no name': (random) =>
    refusedText(
      `{"name":"a","timeZone":"UTC","geometry":{"__proto__":{"type":"Polygon"},"type":"Polygon","coordinates":${JSON.stringify([aRing(random)])}}}`,
    ),
  'bytes that were lost': (random) => {
    const text = body(polygon(aRing(random)));
    return refusedText(text.slice(0, random.int(1, text.length - 1)));
  },
  'a byte that was changed': (random) => {
    const text = body(polygon(aRing(random)));
    const index = random.int(0, text.length - 1);
    return {
      text: `${text.slice(0, index)}${random.pick(['"', '[', ']', '{', ',', ':', '-', '9', 'e', ' ', '\u0000', '界'])}${text.slice(index + 1)}`,
      must: 'either',
    };
  },
};

/** A few only: each is a few megabytes. */
const LARGE: Record<string, Maker> = {
  'as many corners as fit into an item': (random) => accepted(polygon(rounded(bigRing(random, 14_000)))),
  'as many corners as may be': (random) => refused(polygon(rounded(bigRing(random, 99_999)))),
  'one corner too many': (random) => refused(polygon(rounded(bigRing(random, 100_000)))),
  'as many corners, two of them swapped': (random) => {
    const ring = rounded(bigRing(random, 99_999));
    const i = random.int(10, 99_000);
    [ring[i], ring[i + 5]] = [ring[i + 5] as number[], ring[i] as number[]];
    return refused(polygon(ring));
  },
  'as many corners in no order': (random) =>
    refused(polygon(closed(random.shuffle(rounded(bigRing(random, 60_000)).slice(1))))),
  'a million empty lists': () => refusedText(body(polygon('@')).replace('"@"', `[${'[],'.repeat(1_300_000)}[]]`)),
  'a million empty rings': () => refusedText(body(polygon()).replace('[]', `[${'[],'.repeat(1_300_000)}[]]`)),
  'half a million texts': () => refusedText(body(polygon('@')).replace('"@"', `[${'["",""],'.repeat(450_000)}[]]`)),
  'a zigzag': () => {
    const teeth = Array.from({ length: 20_000 }, (_, i) => [Number((i * 1e-5).toFixed(5)), i % 2]);
    return accepted(polygon(closed([...teeth, [0.2, 2], [0, 2]].map(([x = 0, y = 0]) => [x, y]))));
  },
};

/** To a centimetre, so that 100,000 corners fit into a body. */
const rounded = (ring: Ring): Ring => ring.map((position) => position.map((degrees) => Number(degrees.toFixed(7))));

export function malformedCases(random: Random, count: number): Case[] {
  const makers = Object.entries(MAKERS);
  const made = ([kind, make]: [string, Maker]): Case => {
    const { text, place, must } = make(random);
    return { kind, text: text ?? body(place ?? {}), must };
  };
  const large = Object.entries(LARGE);
  const small = Array.from({ length: count - large.length }, (_, i) => makers[i % makers.length] as [string, Maker]);
  return [...small, ...large].map(made);
}
