import type { Feature, MultiPolygon, Polygon } from 'geojson';
import type { Place, Screen } from '#core/model/place.ts';
import type { CityMap } from '../web/shared/city-map.ts';
import { CHAINS } from './city-names.ts';
import { sitePlaces } from './city-places.ts';
import { bendRing, drawPlan, type Plan, rectangle, warp } from './city-plan.ts';
import { parkPaths, piers, ponds, roadsOut, trees, waters, woods } from './city-scenery.ts';
import { streetsOf, type WalkGraph, walkGraphOf } from './city-walks.ts';
import { type LngLat, planeAt, type XY } from './plane.ts';
import { createRandom } from './random.ts';

/** The demo city: catalogue (places, screens), map, and where people can walk. A pure function of its seed. */
export type City = Omit<CityMap, 'places' | 'screens'> & { places: Place[]; screens: Screen[]; walkGraph: WalkGraph };

/** Open water in the East China Sea: nobody lives under this city. */
const CENTER: LngLat = [122.9, 30.9];
/** Draws Lanyu, a harbour city of about 1.1 by 0.8 km; the same seed draws the same city, bit for bit. */
export function generateCity(seed: number): City {
  const plan = drawPlan(createRandom(seed, 'plan'));
  const { toLngLat } = planeAt(CENTER);
  const timeZone = 'Asia/Shanghai';
  const { sited, screens, houses } = sitePlaces({ plan, random: createRandom(seed, 'places'), timeZone, toLngLat });
  const parks = plan.blocks
    .filter(({ use }) => use === 'park')
    .map(({ west, south, east, north }) => bendRing(rectangle(west, south, east, north)));
  const streets = [...streetsOf(plan), ...parkPaths(plan)];
  const polygon = <P>(rings: XY[][], properties: P): Feature<Polygon, P> => ({
    type: 'Feature',
    geometry: { type: 'Polygon', coordinates: rings.map((ring) => ring.map(toLngLat)) },
    properties,
  });
  return {
    name: 'Lanyu 澜屿',
    timeZone,
    center: CENTER,
    bounds: boundsOf(plan, toLngLat),
    streets: collect(
      [...streets, ...roadsOut(plan)].map(({ name, kind, line }) => ({
        type: 'Feature',
        geometry: { type: 'LineString', coordinates: line.map(toLngLat) },
        properties: { name, kind },
      })),
    ),
    blocks: collect(
      plan.blocks.map(({ west, south, east, north, use }) =>
        polygon([bendRing(rectangle(west, south, east, north))], { use }),
      ),
    ),
    houses: collect(houses.map((ring) => polygon([ring], {}))),
    water: collect([...waters(plan), ...ponds(plan)].map((ring) => polygon([ring], {}))),
    piers: collect(piers(plan).map((ring) => polygon([ring], {}))),
    park: collect([...parks, ...woods(plan, createRandom(seed, 'woods'))].map((ring) => polygon([ring], {}))),
    trees: collect(
      trees(plan, parks, createRandom(seed, 'trees')).map((point) => ({
        type: 'Feature',
        geometry: { type: 'Point', coordinates: toLngLat(point) },
        properties: {},
      })),
    ),
    places: sited.map(({ place }) => place),
    screens,
    walkGraph: walkGraphOf(streets, sited),
  };
}

/** The part of a city that goes to the browser. */
export function cityMap(city: City): CityMap {
  const { toLngLat, toXY } = planeAt(city.center);
  const labelOf = (placeId: string): LngLat => toLngLat(city.walkGraph.doors[placeId]?.inside ?? [0, 0]);
  const { name, timeZone, center, bounds, streets, blocks, houses, water, piers, park, trees } = city;
  return {
    name,
    timeZone,
    center,
    bounds,
    streets,
    blocks,
    houses,
    water,
    piers,
    park,
    trees,
    places: collect(
      city.places.map((place) => ({
        type: 'Feature',
        geometry: drawable(place, toXY, toLngLat),
        properties: {
          placeId: place.placeId,
          name: place.name,
          sign: signOf(place),
          tags: place.tags,
          label: labelOf(place.placeId),
        },
      })),
    ),
    screens: collect(
      city.screens.map(({ screenId, placeId, name }, index) => ({
        type: 'Feature',
        geometry: { type: 'Point', coordinates: beside(labelOf(placeId), index, toXY, toLngLat) },
        properties: { screenId, placeId, name },
      })),
    ),
  };
}

/** `Harbour Dairy 海港乳品` for every branch of the chain. */
function signOf({ placeId, name }: Place): string {
  const chain = CHAINS.find(({ id }) => placeId.startsWith(`${id}-`));
  return chain ? `${chain.name} ${chain.chinese}` : name;
}

/** The geometry of a place as something that can be filled: a circle becomes a polygon. */
function drawable(place: Place, toXY: (point: LngLat) => XY, toLngLat: (point: XY) => LngLat): Polygon | MultiPolygon {
  const { geometry, radiusM = 0 } = place;
  if (geometry.type !== 'Point') return geometry;
  const [x, y] = toXY(geometry.coordinates as LngLat);
  const ring = Array.from({ length: 49 }, (_, index) => {
    const angle = ((index % 48) / 48) * 2 * Math.PI;
    return toLngLat([x + radiusM * Math.cos(angle), y + radiusM * Math.sin(angle)]);
  });
  return { type: 'Polygon', coordinates: [ring] };
}

/** Screens of one place stand a few metres apart, and off the place's label. */
function beside(label: LngLat, index: number, toXY: (point: LngLat) => XY, toLngLat: (point: XY) => LngLat): LngLat {
  const [x, y] = toXY(label);
  return toLngLat([x + (index % 2 === 0 ? -14 : 14), y + 11]);
}

function collect<F extends Feature>(features: F[]): { type: 'FeatureCollection'; features: F[] } {
  return { type: 'FeatureCollection', features };
}

function boundsOf({ columns, rows }: Plan, toLngLat: (point: XY) => LngLat): City['bounds'] {
  const [west, east] = [columns[0]?.at ?? 0, columns.at(-1)?.at ?? 0];
  const [south, north] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
  const corners = (
    [
      [west, south],
      [west, north],
      [east, south],
      [east, north],
    ] as const
  ).map((corner) => warp(corner));
  const [w, s] = toLngLat([Math.min(...corners.map(([x]) => x)) - 30, Math.min(...corners.map(([, y]) => y)) - 90]);
  const [e, n] = toLngLat([Math.max(...corners.map(([x]) => x)) + 30, Math.max(...corners.map(([, y]) => y)) + 30]);
  return [w, s, e, n];
}
