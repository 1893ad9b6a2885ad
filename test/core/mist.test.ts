import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hearMist } from '#core/signals/from-mist.ts';
import type { Heard } from '#core/signals/heard.ts';
import signed from '../cases/hmac-webhooks.json' with { type: 'json' };
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage, withOneBitFlipped } from './door-message.ts';

const [vector] = signed.mist as [(typeof signed.mist)[number]];
const headers = { 'x-mist-signature-v2': vector.v2 };
const hear = (body: object): Heard => {
  const text = JSON.stringify(body);
  const signature = createHmac('sha256', 'shared').update(text).digest('hex');
  return hearMist(aMessage(text, { headers: { 'x-mist-signature-v2': signature } }), 'shared') as Heard;
};

describe('Mist’s webhooks', () => {
  it('say who has entered a zone', () => {
    expect(hearMist(aMessage(vector.body, { headers }), vector.secret)).toEqual({
      sightings: [
        {
          kind: 'wifi.seen',
          mac: '00005e005301',
          at: 1_461_220_784_000,
          where: [
            '4495020a-236f-46e0-9453-e3f9cc6476f4',
            '09d2b626-2e4e-45ef-a3c4-e6aeb6c83db1',
            '72771e6a-6f5e-4de4-a5b9-1266c4197811',
          ],
        },
      ],
      reports: [],
      ignored: [],
    });
  });

  it('are refused with any bit of the body another', () => {
    let refused = 0;
    for (const bytes of withOneBitFlipped(Buffer.from(vector.body))) {
      expect(hearMist(aMessage(bytes, { headers }), vector.secret)).toHaveProperty('refused');
      refused += 1;
    }
    expect(refused).toBe(8 * Buffer.byteLength(vector.body));
  });

  it('are refused with any character of the signature another, with the SHA-1 one, and with none', () => {
    const wrong = [
      ...[...withOneBitFlipped(Buffer.from(vector.v2))].map((bytes) => bytes.toString('latin1')),
      vector.v1,
      '',
    ];
    for (const signature of wrong) {
      const message = aMessage(vector.body, { headers: { 'x-mist-signature-v2': signature } });
      expect(hearMist(message, vector.secret)).toHaveProperty('refused');
    }
    expect(
      hearMist(aMessage(vector.body, { headers: { 'x-mist-signature': vector.v1 } }), vector.secret),
    ).toHaveProperty('refused');
  });

  it('are taken under each of two secrets while one is changed', () => {
    expect(hearMist(aMessage(vector.body, { headers }), ['a new secret', vector.secret])).toHaveProperty('sightings');
    expect(hearMist(aMessage(vector.body, { headers }), ['a new secret'])).toHaveProperty('refused');
  });

  it('say who has joined', () => {
    const { sightings } = hear(vectors.mistClientJoin);
    expect(sightings).toMatchObject([{ kind: 'wifi.join', mac: '00005e005301', at: 1_461_220_784_000 }]);
    expect(sightings[0]?.where.slice(0, 2)).toEqual(['00005e0053a1', '00005e0053a2']);
  });

  it('about assets, leaving, other topics and nothing are counted', () => {
    const event = JSON.parse(vector.body).events[0];
    const ignored = (topic: string, ...events: unknown[]) => hear({ topic, events }).ignored;
    expect(hear(vectors.mistZone).ignored).toEqual(['not-wifi']);
    expect(ignored('zone', { ...event, trigger: 'exit' })).toEqual(['left']);
    expect(ignored('zone', { ...event, type: 'sdk' }, 4, null)).toEqual(['not-wifi', 'not-readable', 'not-readable']);
    expect(ignored('guest-authorizations', event)).toEqual(['other-event']);
    expect(ignored('constructor', event)).toEqual(['other-event']);
  });
});
