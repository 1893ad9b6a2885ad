import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GEOFENCE_PROPERTIES, ID, POSITION_PROPERTIES } from '#core/geo/amazon/limits.ts';
import {
  deviceIdOf,
  deviceOfPosition,
  geofenceIdOf,
  geofencePropertiesOf,
  placeOfGeofence,
  positionPropertiesOf,
} from '#core/geo/amazon/names.ts';

const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const deviceId = fc.stringMatching(/^[-._a-z0-9é店]{1,100}$/u);
const owner = fc.record({ kind: fc.constantFrom('brand' as const, 'venue' as const), id });

const fits = (properties: Record<string, string>, { most, key, value }: typeof GEOFENCE_PROPERTIES): boolean =>
  Object.keys(properties).length <= most &&
  Object.entries(properties).every(
    ([name, text]) => name.length >= 1 && name.length <= key && text.length >= 1 && text.length <= value,
  );

describe('the names of geofences and devices', () => {
  it('are in the service’s alphabet and lengths, and lead back', () => {
    fc.assert(
      fc.property(owner, id, id, deviceId, (own, placeId, brand, device) => {
        const geofenceId = geofenceIdOf({ owner: own, placeId });
        const properties = geofencePropertiesOf({ owner: own, placeId }, 'x'.repeat(22));
        expect(geofenceId).toMatch(ID);
        expect(fits(properties, GEOFENCE_PROPERTIES)).toBe(true);
        expect(placeOfGeofence(geofenceId, properties)).toEqual({ owner: own, placeId });
        const named = { brand, deviceId: device };
        expect(deviceIdOf(named)).toMatch(ID);
        expect(fits(positionPropertiesOf(named), POSITION_PROPERTIES)).toBe(true);
        expect(deviceOfPosition(deviceIdOf(named), positionPropertiesOf(named))).toEqual(named);
      }),
      { numRuns: 300 },
    );
  });

  it('of two owners, or of two brands, are never the same', () => {
    const places = [
      { owner: { kind: 'brand', id: 'a' }, placeId: 'b' },
      { owner: { kind: 'venue', id: 'a' }, placeId: 'b' },
      { owner: { kind: 'brand', id: 'a.b' }, placeId: 'b' },
      { owner: { kind: 'brand', id: 'a' }, placeId: 'b.b' },
    ] as const;
    expect(new Set(places.map(geofenceIdOf)).size).toBe(places.length);
    expect(deviceIdOf({ brand: 'a', deviceId: 'bc' })).not.toBe(deviceIdOf({ brand: 'ab', deviceId: 'c' }));
  });
});
