import type { ExpressionSpecification, StyleSpecification } from 'maplibre-gl';
import { localName } from '#core/model/local-name.ts';
import type { CityMap } from '../shared/city-map.ts';
import type { Lang } from '../shared/i18n.ts';
import type { Palette } from './palette.ts';

/** One metre is this many pixels at zoom 16 and latitude 31 (512-pixel tiles: 78,271 m/px · cos φ / 2^z). */
const PX_PER_M_AT_16 = 65536 / (78271.5 * Math.cos((31 * Math.PI) / 180));
/** MapLibre draws text itself, from fonts of the page; why Noto Sans SC comes first in Chinese, `tokens.css` says. */
export const labelFont = (lang: Lang): string[] =>
  lang === 'zh-CN' ? ['Noto Sans SC'] : ['system-ui', 'Noto Sans SC'];

/** A line as wide on the ground as it is in the city. */
const metres = (width: number): ExpressionSpecification => {
  const at16 = width * PX_PER_M_AT_16;
  return ['interpolate', ['exponential', 2], ['zoom'], 12, at16 / 16, 20, at16 * 16];
};

/** Wide avenues, side streets, paths: in metres, plus `edge`. */
const streetWidth = (edge: number): ExpressionSpecification => {
  const at = (factor: number): ExpressionSpecification => [
    'match',
    ['get', 'kind'],
    'main',
    (17 + edge) * factor,
    'path',
    (5 + edge) * factor,
    (11 + edge) * factor,
  ];
  return ['interpolate', ['exponential', 2], ['zoom'], 12, at(PX_PER_M_AT_16 / 16), 20, at(PX_PER_M_AT_16 * 16)];
};

const placeColor = ({ places, otherPlace }: Palette): ExpressionSpecification =>
  [
    'case',
    ...places.flatMap(([tag, color]) => [['in', tag, ['get', 'tags']], color]),
    otherPlace,
  ] as unknown as ExpressionSpecification;

/** The whole map as one style document: no tiles, no glyphs, no sprites, nothing to fetch. */
export function cityStyle(city: CityMap, palette: Palette, lang: Lang): StyleSpecification {
  const geojson = (data: GeoJSON.GeoJSON) => ({ type: 'geojson' as const, data, tolerance: 0.1 });
  return {
    version: 8,
    sources: {
      water: geojson(city.water),
      piers: geojson(city.piers),
      park: geojson(city.park),
      blocks: geojson(city.blocks),
      houses: geojson(city.houses),
      streets: geojson(streets(city)),
      trees: geojson(city.trees),
      places: geojson(city.places),
      labels: geojson(labels(city)),
      screens: geojson(city.screens),
    },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': palette.land } },
      { id: 'blocks', type: 'fill', source: 'blocks', paint: { 'fill-color': palette.block } },
      { id: 'park', type: 'fill', source: 'park', paint: { 'fill-color': palette.park } },
      // Under the water, so that only its outer half shows, and nothing where the river meets the sea.
      { id: 'shore', type: 'line', source: 'water', paint: { 'line-color': palette.waterLine, 'line-width': 3 } },
      { id: 'water', type: 'fill', source: 'water', paint: { 'fill-color': palette.water } },
      {
        id: 'piers',
        type: 'fill',
        source: 'piers',
        paint: { 'fill-color': palette.block, 'fill-outline-color': palette.waterLine },
      },
      street('street-edges', palette.streetLine, streetWidth(2.5), ['!=', ['get', 'kind'], 'path']),
      street('paths', palette.path, metres(4), ['==', ['get', 'kind'], 'path']),
      street('streets', palette.street, streetWidth(0), ['!=', ['get', 'kind'], 'path']),
      {
        id: 'trees',
        type: 'circle',
        source: 'trees',
        paint: { 'circle-color': palette.tree, 'circle-opacity': 0.75, 'circle-radius': metres(4.2) },
      },
      {
        id: 'houses',
        type: 'fill',
        source: 'houses',
        paint: { 'fill-color': palette.house, 'fill-outline-color': palette.houseLine },
      },
      { id: 'places', type: 'fill', source: 'places', paint: { 'fill-color': placeColor(palette) } },
      {
        id: 'place-edges',
        type: 'line',
        source: 'places',
        paint: { 'line-color': palette.label, 'line-opacity': 0.22, 'line-width': 1 },
      },
      {
        id: 'screens',
        type: 'circle',
        source: 'screens',
        minzoom: 15,
        paint: {
          'circle-color': palette.screen,
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 15, 2, 18, 5],
          'circle-stroke-color': palette.walkerLine,
          'circle-stroke-width': 1.2,
        },
      },
      {
        id: 'street-labels',
        type: 'symbol',
        source: 'streets',
        minzoom: 16.1,
        filter: ['in', ['get', 'kind'], ['literal', ['main', 'side']]],
        layout: {
          'symbol-placement': 'line',
          'text-field': ['get', lang],
          'text-font': labelFont(lang),
          'text-size': 11,
          'symbol-spacing': 420,
          'text-letter-spacing': 0.04,
        },
        paint: { 'text-color': palette.streetLabel, 'text-halo-color': palette.street, 'text-halo-width': 1.5 },
      },
      {
        id: 'place-labels',
        type: 'symbol',
        source: 'labels',
        layout: {
          'text-field': ['get', lang],
          'text-font': labelFont(lang),
          'text-size': ['interpolate', ['linear'], ['zoom'], 14, 9, 15.2, 11, 17, 13],
          // Beside the place, not on it: people stand there.
          'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
          'text-radial-offset': 0.9,
          'text-justify': 'auto',
          'text-max-width': 7,
          'text-line-height': 1.1,
          'text-padding': 3,
          'symbol-sort-key': ['get', 'rank'],
        },
        paint: { 'text-color': palette.label, 'text-halo-color': palette.halo, 'text-halo-width': 1.4 },
      },
    ],
  };
}

function street(
  id: string,
  color: string,
  width: ExpressionSpecification,
  filter: ExpressionSpecification,
): StyleSpecification['layers'][number] {
  return {
    id,
    type: 'line',
    source: 'streets',
    filter,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': width },
  };
}

/** The streets with their name in each language. */
function streets({ streets: { features } }: CityMap): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: features.map((feature) => {
      const { name, kind } = feature.properties;
      return { ...feature, properties: { kind, en: localName(name, 'en'), 'zh-CN': localName(name, 'zh-CN') } };
    }),
  };
}

/** One point per place with its sign in each language; landmarks win where there is room for one name only. */
function labels(city: CityMap): GeoJSON.FeatureCollection {
  const rank = (tags: string[]) => ['mall', 'transit', 'lobby', 'dairy'].findIndex((tag) => tags.includes(tag)) >>> 0;
  return {
    type: 'FeatureCollection',
    features: city.places.features.map(({ properties }) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: properties.label },
      properties: {
        en: localName(properties.sign, 'en'),
        'zh-CN': localName(properties.sign, 'zh-CN'),
        rank: Math.min(rank(properties.tags), 9),
      },
    })),
  };
}
