import { examples, play, position, signal, square } from './examples.ts';

/** Big and deep bodies, by the name that the corpus gives them. */

const nested = (levels: number, open: string, middle: string, close: string) =>
  open.repeat(levels) + middle + close.repeat(levels);
const place = (fields: object) => JSON.stringify({ ...examples.putPlace?.[1], ...fields });
const ringOf = (count: number, radius: (index: number) => number) => {
  const points = Array.from({ length: count - 1 }, (_, index) => {
    const angle = (index / (count - 1)) * 2 * Math.PI;
    return [10 + radius(index) * Math.cos(angle), 10 + radius(index) * Math.sin(angle)].map(
      (degrees) => Math.round(degrees * 1e7) / 1e7,
    );
  });
  return [...points, points[0]];
};
const polygon = (rings: unknown[]) => place({ geometry: { type: 'Polygon', coordinates: rings } });
const collection = (features: string) => `{"type":"FeatureCollection","features":[${features}]}`;
const group = (rules: unknown[]) => ({ combinator: 'and', rules });
const rule = { field: 'a', operator: '=', value: 1 };
export const generators: Record<string, () => string> = {
  longName: () => place({ name: 'x'.repeat(1_000_000) }),
  longField: () => place({ padding: 'x'.repeat(2_000_000) }),
  threeHundredKilobytes: () => `{"a":"${'x'.repeat(300_000)}"}`,
  oneMegabyte: () => `{"a":"${'x'.repeat(1_000_000)}"}`,
  fourAndAHalf: () => place({ name: 'x'.repeat(4_500_000) }),
  sevenMegabytes: () => `{"a":"${'x'.repeat(7_000_000)}"}`,
  sevenMegabytesOfSpace: () => ' '.repeat(7_000_000),
  deepLists: () => nested(10_000, '[', '', ']'),
  deepObjects: () => nested(10_000, '{"a":', '1', '}'),
  deepCoordinates: () =>
    `{"name":"a","timeZone":"UTC","geometry":{"type":"Polygon","coordinates":${nested(10_000, '[', '0', ']')}}}`,
  deepest: () => nested(2_000_000, '[', '', ']'),
  deepFeatures: () => collection(nested(10_000, '{"a":', '1', '}')),
  deepRule: () => `{"name":"a","rule":${nested(10_000, '{"rules":[', '', ']}')}}`,
  rule9: () => `{"name":"a","rule":${nested(9, '{"combinator":"and","rules":[', '', ']}')}}`,
  rule65: () => JSON.stringify({ name: 'a', rule: group([group(Array(33).fill(rule)), group(Array(32).fill(rule))]) }),
  manyFields: () => place(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1]))),
  manyAttributes: () =>
    JSON.stringify({ attributes: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`a${index}`, 1])) }),
  fatPerson: () =>
    JSON.stringify({
      attributes: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`a${index}`, 'x'.repeat(1000)])),
    }),
  manyConsents: () => JSON.stringify({ consents: Array(101).fill(examples.putPerson?.[0].consents[0]) }),
  manyNonsenseFeatures: () => collection(`${'1,'.repeat(1_900_000)}1`),
  manyBadFeatures: () => collection(Array(20_000).fill('{"type":"Feature"}').join()),
  positions101: () => JSON.stringify({ positions: Array(101).fill(position) }),
  signals101: () => JSON.stringify({ signals: Array(101).fill(signal) }),
  plays501: () => JSON.stringify({ plays: Array(501).fill(play) }),
  deepXml: () => '<a>'.repeat(1_000_000),
  manyRings: () =>
    polygon([
      ringOf(5, () => 5),
      ...Array.from({ length: 250 }, (_, index) =>
        square.map(([x = 0, y = 0]) => [8 + index / 100 + x / 1000, 8 + y / 1000]),
      ),
    ]),
  manyPoints: () => polygon([ringOf(100_001, () => 1)]),
  largePolygon: () => polygon([ringOf(99_999, () => 1)]),
  zigzag: () => polygon([ringOf(80_001, (index) => (index % 2 === 0 ? 1 : -1))]),
};
