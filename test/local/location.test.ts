import {
  BatchDeleteDevicePositionHistoryCommand,
  BatchDeleteGeofenceCommand,
  BatchPutGeofenceCommand,
  BatchUpdateDevicePositionCommand,
  GetGeofenceCommand,
  ListGeofencesCommand,
  LocationClient,
  PutGeofenceCommand,
} from '@aws-sdk/client-location';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toGeobuf } from '#core/geo/amazon/geobuf.ts';
import { type LocationEndpoint, startLocation } from '#local/host/location/location.ts';
import { COLLECTION, TRACKER } from '#local/host/location/operations.ts';

type Event = { id: string; detail: Record<string, unknown>; [name: string]: unknown };

let now = Date.parse('2026-11-22T10:00:00Z');
const events: Event[] = [];
let endpoint: LocationEndpoint;
let client: LocationClient;
beforeAll(async () => {
  endpoint = await startLocation({
    onEvent: (event) => events.push(event as Event),
    now: () => now,
    random: () => 0.5,
    later: (action) => action(),
    callsPerSecond: 50,
  });
  client = new LocationClient({
    endpoint: endpoint.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    disableHostPrefix: true,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await endpoint.stop();
});

const CollectionName = COLLECTION;
const TrackerName = TRACKER;
const square = (west: number, south: number, size: number): number[][] => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const circle = { Circle: { Center: [13.4, 52.5], Radius: 100 } };
const put = (Geometry: object, GeofenceId = 'g') =>
  client.send(new PutGeofenceCommand({ CollectionName, GeofenceId, Geometry }));
const at = (seconds: number): Date => new Date(Date.parse('2026-11-22T10:00:00Z') + seconds * 1000);
const move = (DeviceId: string, Position: number[], seconds: number, more: object = {}) =>
  client.send(
    new BatchUpdateDevicePositionCommand({
      TrackerName,
      Updates: [{ DeviceId, Position, SampleTime: at(seconds), ...more }],
    }),
  );

describe('the local endpoint of Amazon Location refuses what the service refuses', () => {
  const star = Array.from({ length: 1001 }, (_, i) => [
    Math.cos((i * 2 * Math.PI) / 1000),
    Math.sin((i * 2 * Math.PI) / 1000),
  ]);
  it.each<[string, object]>([
    ['no geometry', {}],
    ['two geometries', { ...circle, Polygon: [square(0, 0, 1)] }],
    ['a circle of no radius', { Circle: { Center: [0, 0], Radius: 0 } }],
    ['a circle of more than 100 km', { Circle: { Center: [0, 0], Radius: 100_001 } }],
    ['a position that is nowhere', { Circle: { Center: [181, 0], Radius: 10 } }],
    ['an exterior drawn clockwise', { Polygon: [square(0, 0, 1).reverse()] }],
    ['a hole drawn counter-clockwise', { Polygon: [square(0, 0, 1), square(0.2, 0.2, 0.2)] }],
    ['a ring that is not closed', { Polygon: [square(0, 0, 1).slice(0, 4)] }],
    ['a ring of three positions', { Polygon: [square(0, 0, 1).slice(0, 3)] }],
    ['rings that touch', { Polygon: [square(0, 0, 1), square(0, 0.2, 0.2).reverse()] }],
    [
      'a ring that crosses itself',
      {
        Polygon: [
          [
            [0, 0],
            [1, 1],
            [1, 0],
            [0, 1],
            [0, 0],
          ],
        ],
      },
    ],
    ['more than 1,000 vertices', { Polygon: [star] }],
    ['more than 250 polygons', { MultiPolygon: Array.from({ length: 251 }, (_, i) => [square(i / 10, 0, 0.05)]) }],
    [
      'what crosses the antimeridian',
      {
        Polygon: [
          [
            [179, 0],
            [-179, 0],
            [-179, 1],
            [179, 1],
            [179, 0],
          ],
        ],
      },
    ],
    ['bytes that are no Geobuf', { Geobuf: new Uint8Array([1, 2, 3]) }],
  ])('%s', async (_, geometry) => {
    now += 1000;
    await expect(put(geometry)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it.each<[string, object]>([
    ['an id with a colon', { GeofenceId: 'a:b' }],
    ['an id of 101 characters', { GeofenceId: 'x'.repeat(101) }],
    ['four properties', { GeofenceProperties: { a: '1', b: '2', c: '3', d: '4' } }],
    ['a property of 41 characters', { GeofenceProperties: { a: 'x'.repeat(41) } }],
    ['an empty property', { GeofenceProperties: { a: '' } }],
    ['a long name of a property', { GeofenceProperties: { ['x'.repeat(21)]: '1' } }],
  ])('%s', async (_, change) => {
    now += 1000;
    const Entries = [{ GeofenceId: 'g', Geometry: circle, ...change }];
    await expect(client.send(new BatchPutGeofenceCommand({ CollectionName, Entries }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('eleven entries, another collection, a geofence that is not there', async () => {
    now += 1000;
    const Entries = Array.from({ length: 11 }, (_, i) => ({ GeofenceId: `g${i}`, Geometry: circle }));
    await expect(client.send(new BatchPutGeofenceCommand({ CollectionName, Entries }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(client.send(new ListGeofencesCommand({ CollectionName: 'other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(client.send(new GetGeofenceCommand({ CollectionName, GeofenceId: 'none' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const { Errors } = await client.send(new BatchDeleteGeofenceCommand({ CollectionName, GeofenceIds: ['none'] }));
    expect(Errors).toEqual([{ GeofenceId: 'none', Error: expect.objectContaining({ Code: 'ResourceNotFoundError' }) }]);
  });

  it('one bad geometry of a batch, and takes the others', async () => {
    now += 1000;
    const Entries = [
      { GeofenceId: 'good', Geometry: circle },
      { GeofenceId: 'bad', Geometry: { Polygon: [square(0, 0, 1).reverse()] } },
    ];
    const { Successes, Errors } = await client.send(new BatchPutGeofenceCommand({ CollectionName, Entries }));
    expect([Successes?.map(({ GeofenceId }) => GeofenceId), Errors?.map(({ GeofenceId }) => GeofenceId)]).toEqual([
      ['good'],
      ['bad'],
    ]);
  });

  it('the fifty-first call of a second', async () => {
    now += 1000;
    const calls = Array.from({ length: 51 }, () => client.send(new ListGeofencesCommand({ CollectionName })));
    const answers = await Promise.allSettled(calls);
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.name] : []));
    expect(refused).toEqual(['ThrottlingException']);
    now += 1000;
  });
});

describe('the local endpoint of Amazon Location', () => {
  it('searches a geofence a moment after it was taken, whatever it is told as, and tells where it is', async () => {
    endpoint.geofences.clear();
    await put(circle, 'circle');
    await put({ Geobuf: toGeobuf([[square(13.3, 52.4, 0.2)]]) }, 'geobuf');
    const statusOf = async (GeofenceId: string) =>
      (await client.send(new GetGeofenceCommand({ CollectionName, GeofenceId }))).Status;
    expect([await statusOf('circle'), await statusOf('geobuf')]).toEqual(['PENDING', 'PENDING']);
    await move('early', [13.4, 52.5], 1);
    expect(events).toEqual([]);
    now += 1000;
    expect([await statusOf('circle'), await statusOf('geobuf')]).toEqual(['ACTIVE', 'ACTIVE']);
    const { Entries } = await client.send(new ListGeofencesCommand({ CollectionName }));
    expect(Entries?.map(({ GeofenceId, Geometry }) => [GeofenceId, Object.keys(Geometry ?? {})])).toEqual([
      ['circle', ['Circle']],
      ['geobuf', ['Geobuf']],
    ]);
  });

  it('tells a first position inside, and what is left, as EventBridge does', async () => {
    await move('d', [13.4, 52.5], 2, { Accuracy: { Horizontal: 8 }, PositionProperties: { a: 'b' } });
    expect(events.map(({ detail }) => [detail.EventType, detail.GeofenceId]).sort()).toEqual([
      ['ENTER', 'circle'],
      ['ENTER', 'geobuf'],
    ]);
    expect(events[0]).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Location Geofence Event',
      source: 'aws.geo',
      account: expect.stringMatching(/^\d{12}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'eu-west-1',
      resources: [
        expect.stringContaining(`:geofence-collection/${COLLECTION}`),
        expect.stringContaining(`:tracker/${TRACKER}`),
      ],
      detail: {
        EventType: 'ENTER',
        GeofenceId: expect.any(String),
        DeviceId: 'd',
        SampleTime: at(2).toISOString(),
        Position: [13.4, 52.5],
        Accuracy: { Horizontal: 8 },
        PositionProperties: { a: 'b' },
      },
    });
    events.length = 0;
    await move('d', [13.45, 52.5], 3);
    expect(events.map(({ detail }) => [detail.EventType, detail.GeofenceId])).toEqual([['EXIT', 'circle']]);
  });

  it('neither reads a move within the accuracies, nor what is not newer', async () => {
    events.length = 0;
    const { evaluated } = endpoint.tracker;
    // Some 90 m beside, of 50 and 60 m of accuracy: nothing; and then an older one that would be far away.
    await move('f', [13.4, 52.5], 10, { Accuracy: { Horizontal: 50 } });
    await move('f', [13.4, 52.5008], 20, { Accuracy: { Horizontal: 60 } });
    await move('f', [0, 0], 5);
    expect(endpoint.tracker.evaluated - evaluated).toBe(1);
    expect(events.map(({ detail }) => detail.EventType)).toEqual(['ENTER', 'ENTER']);
  });

  it('forgets a device when it is told to', async () => {
    const command = new BatchDeleteDevicePositionHistoryCommand({ TrackerName, DeviceIds: ['d', 'stranger'] });
    const { Errors } = await client.send(command);
    expect(Errors?.map(({ DeviceId }) => DeviceId)).toEqual(['stranger']);
    expect(endpoint.tracker.devices.has('d')).toBe(false);
  });

  it('counts what is asked of it', () => {
    expect(endpoint.counts.get('BatchUpdateDevicePosition')).toEqual({ calls: 6, items: 6 });
    expect(endpoint.counts.get('BatchPutGeofence')).toEqual({ calls: 1, items: 2 });
  });
});
