import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import * as z from 'zod/mini';
import { type Signal, type SignalInput, SignalInputSchema, SignalSchema } from '#core/model/signal.ts';
import { GeofenceEventSchema, signalFromGeofenceEvent } from '#core/signals/from-amazon-location.ts';
import { signalFromApi } from '#core/signals/from-api.ts';
import { signalFromTransition } from '#core/signals/from-transition.ts';

const context = { brand: 'harbour', trust: 'T1', receivedAt: '2026-11-18T09:00:01.000Z' } as const;
const tap: SignalInput = {
  kind: 'nfc.tap',
  at: '2026-11-18T09:00:00Z',
  subject: { kind: 'device', value: 'phone-mei' },
  tagId: 't1',
};

describe('a reported signal', () => {
  it('is a signal, with nothing added or lost', () => {
    const signal = signalFromApi({ ...tap, placeId: 's1', screenId: 'x1' }, context);
    expect(z.parse(SignalSchema, signal)).toEqual({
      signalId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      brand: 'harbour',
      kind: 'nfc.tap',
      source: 'api',
      trust: 'T1',
      occurredAt: '2026-11-18T09:00:00.000Z',
      receivedAt: '2026-11-18T09:00:01.000Z',
      subject: { kind: 'device', value: 'phone-mei' },
      placeId: 's1',
      screenId: 'x1',
      tagId: 't1',
    });
  });

  it('of the same cause has the same id, however late and however its time is written', () => {
    const { signalId } = signalFromApi(tap, context);
    expect(signalFromApi(tap, { ...context, receivedAt: '2026-11-18T10:00:00.000Z', trust: 'T4' }).signalId).toBe(
      signalId,
    );
    expect(signalFromApi({ ...tap, at: '2026-11-18T17:00:00+08:00' }, context).signalId).toBe(signalId);
  });

  it.each<[string, Partial<SignalInput>]>([
    ['a millisecond later', { at: '2026-11-18T09:00:00.001Z' }],
    ['of another kind', { kind: 'qr.scan' }],
    ['of another device', { subject: { kind: 'device', value: 'phone-li' } }],
    ['of a member of that name', { subject: { kind: 'member', value: 'phone-mei' } }],
    ['of another tag', { tagId: 't2' }],
    ['at a place', { placeId: 't1' }],
    ['at a screen of the tag’s name', { tagId: undefined, screenId: 't1' }],
  ])('is another when it is %s', (_, change) => {
    expect(signalFromApi({ ...tap, ...change }, context).signalId).not.toBe(signalFromApi(tap, context).signalId);
  });

  it('keeps the id that its reporter gave it, and nothing that a reporter may not say', () => {
    expect(signalFromApi({ ...tap, id: 'mine-1' }, context).signalId).toBe('mine-1');
    for (const name of ['trust', 'brand', 'source', 'signalId', 'insidePlaceIds', 'dwellSeconds']) {
      expect(SignalInputSchema.safeParse({ ...tap, [name]: 'T4' }).success, name).toBe(false);
    }
  });
});

describe('a transition', () => {
  const transition = {
    kind: 'geofence.dwell',
    placeId: 's1',
    at: Date.parse('2026-11-18T09:00:00Z'),
    dwellSeconds: 300,
    insidePlaceIds: ['s1', 'm1'],
  } as const;
  const told = { brand: 'harbour', deviceId: 'phone-mei', receivedAt: '2026-11-18T09:00:01.000Z' };
  const signalOf = (change: object = {}, toldOf: object = {}): Signal =>
    signalFromTransition({ ...transition, insidePlaceIds: ['s1', 'm1'], ...change }, { ...told, ...toldOf });

  it('is a signal of tier T1 that carries every place and no position', () => {
    expect(z.parse(SignalSchema, signalOf())).toMatchObject({
      kind: 'geofence.dwell',
      source: 'embedded',
      trust: 'T1',
      placeId: 's1',
      dwellSeconds: 300,
      insidePlaceIds: ['s1', 'm1'],
      occurredAt: '2026-11-18T09:00:00.000Z',
    });
    expect(signalOf({ kind: 'geofence.enter', dwellSeconds: undefined })).not.toHaveProperty('dwellSeconds');
  });

  it('has an id of its cause', () => {
    const { signalId } = signalOf();
    expect(signalOf({ insidePlaceIds: ['s1'] }, { receivedAt: '2026-11-18T10:00:00.000Z' }).signalId).toBe(signalId);
    for (const change of [
      { dwellSeconds: 600 },
      { placeId: 's2' },
      { kind: 'geofence.exit' },
      { at: transition.at + 1 },
    ]) {
      expect(signalOf(change).signalId).not.toBe(signalId);
    }
    expect(signalOf({}, { deviceId: 'phone-li' }).signalId).not.toBe(signalId);
  });
});

type AwsEvent = { id: string; time: string; detail: { [name: string]: unknown } };
const vectors = new URL('../../../shared/formats/vectors/aws_location_events.json', import.meta.url);
const hasVectors = existsSync(vectors);
if (!hasVectors) console.warn('SKIPPED for want of ../shared/formats: aws_location_events.json');
const vectorTest = hasVectors ? test : test.skip;
const awsEvent = (name: 'enter' | 'exit' | 'positionUpdate'): AwsEvent =>
  JSON.parse(readFileSync(vectors, 'utf8'))[name];
const branded = (event: AwsEvent, change: object = {}): AwsEvent => ({
  ...event,
  detail: { ...event.detail, GeofenceProperties: { brand: 'harbour' }, ...change },
});

describe('Amazon Location’s own examples', () => {
  vectorTest.for(['enter', 'exit'] as const)(
    '%s of a geofence that Beckon did not put is refused, saying what it lacks',
    (name) => {
      const { success, error } = GeofenceEventSchema.safeParse(awsEvent(name));
      expect(success).toBe(false);
      expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['detail.GeofenceProperties.brand']);
    },
  );

  vectorTest('a position update is no geofence event', () => {
    expect(GeofenceEventSchema.safeParse(awsEvent('positionUpdate')).success).toBe(false);
  });

  vectorTest.for([
    ['enter', 'geofence.enter', 'polygon_14', '2020-11-10T23:43:37.531Z', '2020-11-10T23:43:37.000Z'],
    ['exit', 'geofence.exit', 'polygon_10', '2020-11-10T23:41:43.826Z', '2020-11-10T23:41:44.000Z'],
  ] as const)(
    '%s is a signal once it has a brand, without its coordinates',
    ([name, kind, placeId, occurredAt, receivedAt]) => {
      const signal = signalFromGeofenceEvent(GeofenceEventSchema.parse(branded(awsEvent(name))));
      expect(SignalSchema.parse(signal)).toEqual({
        signalId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        brand: 'harbour',
        kind,
        source: 'amazon-location',
        trust: 'T1',
        occurredAt,
        receivedAt,
        subject: { kind: 'device', value: 'Device1-EXAMPLE' },
        placeId,
      });
      expect(JSON.stringify(signal)).not.toMatch(/123\.|49\.2/);
    },
  );

  vectorTest('delivered twice, under another envelope, is one signal; another event is another', () => {
    const idOf = (event: AwsEvent) => signalFromGeofenceEvent(GeofenceEventSchema.parse(event)).signalId;
    const enter = branded(awsEvent('enter'));
    expect(idOf({ ...enter, id: 'another', time: '2020-11-10T23:59:59Z' })).toBe(idOf(enter));
    for (const change of [
      { EventType: 'EXIT' },
      { GeofenceId: 'polygon_15' },
      { DeviceId: 'Device2-EXAMPLE' },
      { SampleTime: '2020-11-10T23:43:37.532Z' },
    ]) {
      expect(idOf(branded(awsEvent('enter'), change))).not.toBe(idOf(enter));
    }
  });

  vectorTest('needs neither accuracy nor position properties', () => {
    const event = branded(awsEvent('enter'), { Accuracy: undefined, PositionProperties: undefined });
    expect(GeofenceEventSchema.safeParse(event).success).toBe(true);
  });
});
