import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hearLine } from '#core/signals/from-line-beacon.ts';
import type { Heard } from '#core/signals/heard.ts';
import signed from '../cases/hmac-webhooks.json' with { type: 'json' };
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage, withOneBitFlipped } from './door-message.ts';

const [vector] = signed.line as [(typeof signed.line)[number]];
const sign = (text: string | Buffer) => ({
  'x-line-signature': createHmac('sha256', 'secret-of-the-channel').update(text).digest('base64'),
});
const hear = (body: object): Heard => {
  const text = JSON.stringify(body);
  return hearLine(aMessage(text, { headers: sign(text) }), 'secret-of-the-channel') as Heard;
};
const [event] = vectors.lineBeacon.events as [(typeof vectors.lineBeacon.events)[number]];

describe('LINE beacons', () => {
  it('are signed as LINE’s own test says, over the raw bytes', () => {
    const headers = { 'x-line-signature': vector.signature };
    expect(hearLine(aMessage(vector.body, { headers }), vector.secret)).toEqual({
      unreadable: 'must have a list of events',
    });
    for (const bytes of withOneBitFlipped(Buffer.from(vector.body))) {
      expect(hearLine(aMessage(bytes, { headers }), vector.secret)).toHaveProperty('refused');
    }
  });

  it('say which friend is near which beacon', () => {
    expect(hear(vectors.lineBeacon)).toEqual({
      sightings: [],
      reports: [
        {
          kind: 'beacon.near',
          subject: { kind: 'line', value: 'U4af4980629' },
          at: 1_462_629_479_859,
          trust: 'T1',
          where: ['d41d8cd98f'],
          eventId: '01FZ74A0TDDPYRVKNK77XKC3ZR',
        },
      ],
      ignored: [],
      messageId: '01FZ74A0TDDPYRVKNK77XKC3ZR',
    });
  });

  it('are refused with any bit of the body another', () => {
    const bytes = Buffer.from(JSON.stringify(vectors.lineBeacon));
    const headers = sign(bytes);
    let refused = 0;
    for (const other of withOneBitFlipped(bytes)) {
      expect(hearLine(aMessage(other, { headers }), 'secret-of-the-channel')).toHaveProperty('refused');
      refused += 1;
    }
    expect(refused).toBe(8 * bytes.length);
  });

  it('delivered again are the same message, in other bytes', () => {
    const again = { ...event, deliveryContext: { isRedelivery: true } };
    expect(hear({ events: [again] }).messageId).toBe(hear({ events: [event] }).messageId);
  });

  it('counts what is no arrival of somebody', () => {
    const events = [
      { ...event, beacon: { ...event.beacon, type: 'stay' } },
      { ...event, source: { type: 'group', groupId: 'g' } },
      { ...event, type: 'message' },
      { ...event, beacon: undefined },
      null,
    ];
    expect(hear({ events }).ignored).toEqual([
      'still-there',
      'no-person',
      'other-event',
      'other-event',
      'not-readable',
    ]);
    expect(hear({ events: [] })).toEqual({ sightings: [], reports: [], ignored: [] });
  });
});
