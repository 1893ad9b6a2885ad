import type { FeatureCollection, LineString, MultiPolygon, Point, Polygon } from 'geojson';

type LngLat = [lng: number, lat: number];

/** What the live page draws, from `GET /local/city`: GeoJSON only; circles come as polygons. */
export type CityMap = {
  name: string;
  timeZone: string;
  center: LngLat;
  /** `[west, south, east, north]` in degrees. */
  bounds: [number, number, number, number];
  streets: FeatureCollection<LineString, { name: string; kind: 'main' | 'side' | 'bridge' | 'path' }>;
  blocks: FeatureCollection<Polygon, { use: string }>;
  houses: FeatureCollection<Polygon>;
  water: FeatureCollection<Polygon>;
  piers: FeatureCollection<Polygon>;
  park: FeatureCollection<Polygon>;
  trees: FeatureCollection<Point>;
  places: FeatureCollection<Polygon | MultiPolygon, PlaceProperties>;
  screens: FeatureCollection<Point, { screenId: string; placeId: string; name: string }>;
};

/** `sign` is the name over the door, without the branch; `label` is where it stands: a point inside the place. */
export type PlaceProperties = { placeId: string; name: string; sign: string; tags: string[]; label: LngLat };
