import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  deviceIdOf,
  geofenceIdOf,
  geofencePropertiesOf,
  type Owner,
  positionPropertiesOf,
} from '#core/geo/amazon/names.ts';
import { crossingFromGeofenceEvent, GeofenceEventSchema } from '#core/signals/from-amazon-location.ts';

/** AWS's own examples, verbatim. */
const vectors = JSON.parse(readFileSync('test/cases/amazon-location-events.json', 'utf8'));
const crossingOf = (name: 'enter' | 'exit', change: object = {}) =>
  crossingFromGeofenceEvent(
    GeofenceEventSchema.parse({ ...vectors[name], detail: { ...vectors[name].detail, ...change } }),
  );

describe('Amazon Location’s own examples', () => {
  it.each(['enter', 'exit'] as const)('%s of a geofence that Beckon did not put is nobody’s', (name) => {
    expect(crossingOf(name)).toBe('geofence of nobody');
  });

  it('a position update is no geofence event', () => {
    expect(GeofenceEventSchema.safeParse(vectors.positionUpdate).success).toBe(false);
  });

  it.each([
    ['enter', 'geofence.enter', 'polygon_14', '2020-11-10T23:43:37.531Z', '2020-11-10T23:43:37.000Z'],
    ['exit', 'geofence.exit', 'polygon_10', '2020-11-10T23:41:43.826Z', '2020-11-10T23:41:44.000Z'],
  ] as const)(
    '%s by hand is a crossing once it has a brand, without its coordinates',
    (name, kind, placeId, at, told) => {
      expect(crossingOf(name, { GeofenceProperties: { brand: 'harbour' } })).toEqual({
        brand: 'harbour',
        deviceId: 'Device1-EXAMPLE',
        owner: { kind: 'brand', id: 'harbour' },
        crossing: { kind, placeId, at: Date.parse(at) },
        receivedAt: told,
      });
    },
  );
});

describe('an event of what Beckon has put and sent', () => {
  const long = 'Aa0._-'.repeat(11).slice(0, 64);
  const owner: Owner = { kind: 'venue', id: long };
  const named = { owner, placeId: long.toLowerCase() };
  const device = { brand: long, deviceId: '店'.repeat(100) };
  const detail = {
    GeofenceId: geofenceIdOf(named),
    GeofenceProperties: geofencePropertiesOf(named, 'shape-digest-22-chars-'),
    DeviceId: deviceIdOf(device),
    PositionProperties: positionPropertiesOf(device),
  };

  it('gives back who and where, however long the ids', () => {
    expect(crossingOf('enter', detail)).toMatchObject({
      ...device,
      owner,
      crossing: { placeId: named.placeId },
      shape: 'shape-digest-22-chars-',
    });
  });

  it('of a device under its own id is the brand’s that owns the geofence, and at a venue’s place nobody’s', () => {
    const own = { DeviceId: 'tracker-7', PositionProperties: undefined };
    expect(crossingOf('enter', { ...detail, ...own })).toBe('device of nobody');
    const brands = { owner: { kind: 'brand', id: 'harbour' } as Owner, placeId: 's1' };
    const geofence = { GeofenceId: geofenceIdOf(brands), GeofenceProperties: geofencePropertiesOf(brands, 'x') };
    expect(crossingOf('enter', { ...geofence, ...own })).toMatchObject({ brand: 'harbour', deviceId: 'tracker-7' });
  });

  it('with another owner’s properties is nobody’s: the id vouches for them', () => {
    const others = geofencePropertiesOf({ owner: { kind: 'venue', id: 'other' }, placeId: 'x' }, 'x');
    expect(crossingOf('enter', { ...detail, GeofenceProperties: others })).toBe('geofence of nobody');
    const forged = { ...detail, PositionProperties: { brand: 'other', device: device.deviceId } };
    expect(crossingOf('enter', forged)).toBe('device of nobody');
  });
});
