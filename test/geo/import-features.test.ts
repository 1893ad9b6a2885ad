import { expect, test } from 'vitest';
import { placesFromFeatures } from '#core/geo/import-features.ts';

const point = { type: 'Point', coordinates: [121.5, 31.2] };
const feature = (members: object) => ({ type: 'Feature', id: 's1', geometry: point, properties: {}, ...members });
const read = (features: unknown[], radiusM: number | undefined = 50) =>
  placesFromFeatures({ type: 'FeatureCollection', features }, { radiusM, timeZone: 'Asia/Shanghai' });

test('places from features take what their properties say', () => {
  const properties = {
    name: '南京西路店',
    timeZone: 'Europe/London',
    radiusM: 80,
    tags: ['store', 'flagship'],
    category: 'grocery',
    detection: 'plain',
    openingHours: { mon: '09:00-21:00' },
    colour: 'red',
  };
  expect(read([feature({ properties })])).toEqual({
    places: [
      {
        placeId: 's1',
        name: '南京西路店',
        timeZone: 'Europe/London',
        geometry: point,
        radiusM: 80,
        tags: ['store', 'flagship'],
        detection: 'plain',
        openingHours: { mon: '09:00-21:00' },
      },
    ],
    rejected: [],
  });
});

test('places from features do with an id alone', () => {
  const bare = {
    placeId: 's1',
    name: 's1',
    timeZone: 'Asia/Shanghai',
    geometry: point,
    radiusM: 50,
    tags: [],
    detection: 'confirmed',
  };
  expect(read([feature({ properties: null })]).places).toEqual([bare]);
  expect(
    read([feature({ id: undefined, properties: { id: 's1', name: null, tags: null, radiusM: null } })]).places,
  ).toEqual([bare]);
  expect(read([feature({ id: 7 })]).places[0]?.placeId).toBe('7');
  expect(read([feature({ properties: { category: 'grocery' } })]).places[0]?.tags).toEqual(['grocery']);
});

test('the default radius is for Points only', () => {
  const coordinates = [
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  ];
  const [place] = read([feature({ geometry: { type: 'Polygon', coordinates } })]).places;
  expect(place).toMatchObject({ geometry: { coordinates } });
  expect(place).not.toHaveProperty('radiusM');
});

test('features are rejected one by one, each with its reason', () => {
  const bowTie = {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    ],
  };
  const { places, rejected } = read([
    feature({}),
    feature({}),
    feature({ id: undefined }),
    feature({ id: 'a b' }),
    feature({ id: 's2', geometry: null }),
    feature({
      id: 's3',
      geometry: {
        type: 'LineString',
        coordinates: [
          [0, 0],
          [1, 1],
        ],
      },
    }),
    feature({ id: 's4', geometry: bowTie }),
    feature({ id: 's5', properties: { timeZone: 'Mars/Olympus' } }),
    feature({ id: 's6', properties: { radiusM: '80' } }),
    'no feature',
    feature({ id: { toString: 1 } }),
  ]);
  expect(places.map(({ placeId }) => placeId)).toEqual(['s1']);
  expect(rejected.map(({ index, id }) => [index, id])).toEqual([
    [1, 's1'],
    [2, undefined],
    [3, 'a b'],
    [4, 's2'],
    [5, 's3'],
    [6, 's4'],
    [7, 's5'],
    [8, 's6'],
    [9, undefined],
    [10, undefined],
  ]);
  for (const [i, text] of [
    'occurs twice',
    'is missing',
    '1 to 64',
    '/geometry',
    '/geometry',
    'crosses or touches itself',
    '/timeZone',
    '/radiusM',
    'not a GeoJSON Feature',
    'id:',
  ].entries()) {
    expect(rejected[i]?.reason).toContain(text);
  }
});

test('of something that is no FeatureCollection are one rejection', () => {
  for (const junk of [null, 7, [], {}, { type: 'FeatureCollection' }, feature({})]) {
    expect(placesFromFeatures(junk, { timeZone: 'UTC' })).toEqual({
      places: [],
      rejected: [{ index: -1, reason: 'is not a GeoJSON FeatureCollection' }],
    });
  }
});
