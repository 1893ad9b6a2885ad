import { decode, encode } from 'geobuf';
import { PbfReader, PbfWriter } from 'pbf';
import type { Positions } from './antimeridian.ts';

/** Geobuf (github.com/mapbox/geobuf) of one polygon, or of several as a multipolygon: 6 decimals, closing points left out. */
export function toGeobuf(polygons: readonly Positions[][]): Uint8Array {
  const [only, ...others] = polygons;
  const geometry =
    only && others.length === 0
      ? { type: 'Polygon' as const, coordinates: only }
      : { type: 'MultiPolygon' as const, coordinates: [...polygons] };
  return encode(geometry, new PbfWriter());
}

/** The polygons in a Geobuf geometry. @throws when it is none, or of another type */
export function fromGeobuf(bytes: Uint8Array): Positions[][] {
  const { type, coordinates } = decode(new PbfReader(bytes));
  if (type === 'Polygon') return [coordinates as Positions[]];
  if (type === 'MultiPolygon') return coordinates as Positions[][];
  throw new TypeError('a geofence is a Polygon or a MultiPolygon');
}
