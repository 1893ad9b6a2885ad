import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type Signal, type SignalInput, SignalInputSchema, SignalSchema } from '#core/model/signal.ts';
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

  it('is a signal of tier T2 that carries every place and no position', () => {
    expect(z.parse(SignalSchema, signalOf())).toMatchObject({
      kind: 'geofence.dwell',
      source: 'embedded',
      trust: 'T2',
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
