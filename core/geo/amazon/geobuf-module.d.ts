/** geobuf 4 brings no types; it is handed a reader or writer of pbf. */
declare module 'geobuf' {
  import type { PbfReader, PbfWriter } from 'pbf';

  type Geometry = { type: string; coordinates: unknown };
  export function encode(geometry: Geometry, writer: PbfWriter): Uint8Array;
  export function decode(reader: PbfReader): Geometry;
}
