import * as z from 'zod/mini';
import { toWgs84 } from '#core/geo/coordinate-systems.ts';
import { digestId } from '#core/hash.ts';
import { type CoordinateSystem, CoordinateSystemSchema } from '#core/model/coordinate-system.ts';
import { MAX_POSITIONS, type Position, PositionSchema } from '#core/model/position.ts';
import type { DeviceFixes } from '../locate/message.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { acceptedResponse, itemSorter } from './accept.ts';

/**
 * The positions of a body, each judged by itself: by zod's compiled form of the schema, which takes an eighth of the time
 * for a position that is right, and has the schema itself ask again of any other. Compiling takes a cold start 3 ms.
 */
export const sortPositions = itemSorter({
  name: 'positions',
  schema: z.compile(PositionSchema),
  max: MAX_POSITIONS,
  beside: { coordinateSystem: z.optional(CoordinateSystemSchema) },
});

/**
 * `POST /v1/positions`. One message for each device, in a FIFO group of that device: whatever arrives in two requests
 * one after the other is located in that order, and what is sent twice is located once.
 */
export async function postPositions(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const now = request.runtime.now();
  const sorted = sortPositions(request.body, now);
  const { coordinateSystem } = request.body as { coordinateSystem?: CoordinateSystem };
  const response = acceptedResponse(sorted);
  // As handles are stored: whoever is erased by one is erased in every spelling of it.
  const byDevice = Map.groupBy(sorted.accepted, ({ deviceId }) => deviceId.normalize('NFC'));
  await request.runtime.send(
    'positions',
    [...byDevice].map(([deviceId, positions]) => {
      const fixes = positions.map((position) => fixOf(position, coordinateSystem));
      return {
        body: { brand, deviceId, receivedAt: new Date(now).toISOString(), fixes } satisfies DeviceFixes,
        group: digestId(brand, deviceId),
        dedupId: digestId(brand, deviceId, JSON.stringify(fixes)),
      };
    }),
  );
  return response;
}

/** In WGS-84, whatever the position or else its batch is in. */
function fixOf(position: Position, ofBatch: CoordinateSystem = 'wgs84'): DeviceFixes['fixes'][number] {
  const { at, accuracyM, speedMps, coordinateSystem = ofBatch } = position;
  const [lng, lat] = toWgs84(coordinateSystem, [position.lng, position.lat]);
  return {
    at: Date.parse(at),
    lng,
    lat,
    ...(accuracyM !== undefined && { accuracyM }),
    ...(speedMps !== undefined && { speedMps }),
  };
}
