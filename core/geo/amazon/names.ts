import { digestId } from '#core/hash.ts';
import { GEOFENCE_PROPERTIES } from './limits.ts';

/** Who owns a place: as `store/keys.ts` has it. */
export type Owner = { kind: 'brand' | 'venue'; id: string };
export type NamedPlace = { owner: Owner; placeId: string };
export type NamedDevice = { brand: string; deviceId: string };
type Properties = Record<string, string> | undefined;

const DIGEST = 22;

/**
 * The geofence of a place. A tenant's id and a place's may have 64 characters each, and a geofence's has 100: so the
 * id is the place's and a digest of both, and the owner is in the properties, which every event carries.
 * Readable in the console, one for one with places, and reversible: `placeOfGeofence`.
 */
export const geofenceIdOf = ({ owner, placeId }: NamedPlace): string =>
  `${placeId}.${digestId('geofence', owner.kind, owner.id, placeId)}`;

/** At most three of 40 characters: the owner in two halves, and what the shape was made of, by which drift is seen. */
export function geofencePropertiesOf({ owner }: NamedPlace, shape: string): Record<string, string> {
  const [head, rest] = [owner.id.slice(0, GEOFENCE_PROPERTIES.value), owner.id.slice(GEOFENCE_PROPERTIES.value)];
  return { [owner.kind]: head, ...(rest !== '' && { [`${owner.kind}2`]: rest }), shape };
}

/** The place of a geofence that Beckon has put, or undefined for any other. */
export function placeOfGeofence(geofenceId: string, properties: Properties): NamedPlace | undefined {
  for (const kind of ['brand', 'venue'] as const) {
    const head = properties?.[kind];
    if (head === undefined) continue;
    const owner = { kind, id: head + (properties?.[`${kind}2`] ?? '') };
    const place = { owner, placeId: geofenceId.slice(0, -(DIGEST + 1)) };
    if (geofenceIdOf(place) === geofenceId) return place;
  }
  return undefined;
}

/**
 * A device of a brand in the tracker that all brands share: two may call theirs the same. Brand and id would not fit
 * into 100 characters, so they go as properties (of up to 150), and come back with each event.
 */
export const deviceIdOf = ({ brand, deviceId }: NamedDevice): string => `device.${digestId('device', brand, deviceId)}`;
export const positionPropertiesOf = ({ brand, deviceId }: NamedDevice): Record<string, string> => ({
  brand,
  device: deviceId,
});

/** The device of a position that Beckon has sent, or undefined for one that came to the tracker by another way. */
export function deviceOfPosition(id: string, properties: Properties): NamedDevice | undefined {
  const { brand, device: deviceId } = properties ?? {};
  if (brand === undefined || deviceId === undefined) return undefined;
  const device = { brand, deviceId };
  return deviceIdOf(device) === id ? device : undefined;
}
