import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hearWebhook } from '#core/signals/from-webhook.ts';
import type { Heard } from '#core/signals/heard.ts';
import signed from '../cases/hmac-webhooks.json' with { type: 'json' };
import { aMessage, withOneBitFlipped } from './door-message.ts';

const [vector] = signed.standardWebhooks as [(typeof signed.standardWebhooks)[number]];
const NOW = Number(vector.timestamp) * 1000;
const headers = {
  'webhook-id': vector.id,
  'webhook-timestamp': vector.timestamp,
  'webhook-signature': vector.signature,
};
const hear = (
  body: string | Buffer,
  changes: Record<string, string> = {},
  now = NOW,
  secret: string | string[] = vector.secret,
) => hearWebhook(aMessage(body, { headers: { ...headers, ...changes }, now }), secret);
const sign = (secret: string, text: string): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`${vector.id}.${vector.timestamp}.${text}`)
    .digest('base64')}`;
const hearSigned = (body: object): Heard => {
  const text = JSON.stringify(body);
  return hear(text, { 'webhook-signature': sign(vector.secret, text) }) as Heard;
};

describe('a signed webhook', () => {
  it('verifies as the libraries of Standard Webhooks do', () => {
    expect(hear(vector.body)).toEqual({ sightings: [], reports: [], ignored: [], messageId: vector.id });
  });

  it('is refused with any bit of the body, the id, the time or the signature another', () => {
    for (const bytes of withOneBitFlipped(Buffer.from(vector.body))) expect(hear(bytes)).toHaveProperty('refused');
    for (const name of Object.keys(headers) as (keyof typeof headers)[]) {
      for (const bytes of withOneBitFlipped(Buffer.from(headers[name]))) {
        expect(hear(vector.body, { [name]: bytes.toString('latin1') })).toHaveProperty('refused');
      }
    }
  });

  it('is refused when it is more than five minutes from now', () => {
    for (const seconds of [-300, -1, 0, 1, 300]) {
      expect(hear(vector.body, {}, NOW + seconds * 1000)).toHaveProperty('reports');
    }
    for (const seconds of [-301, 301, 360, 8 * 86_400]) {
      expect(hear(vector.body, {}, NOW + seconds * 1000)).toHaveProperty('refused');
    }
  });

  it('may be signed with several secrets, and may be verified with several', () => {
    const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const both = `v1a,xxxx ${sign(other, vector.body)} ${vector.signature}`;
    expect(hear(vector.body, { 'webhook-signature': both })).toHaveProperty('reports');
    expect(hear(vector.body, {}, NOW, [other, vector.secret])).toHaveProperty('reports');
    expect(hear(vector.body, {}, NOW, other)).toHaveProperty('refused');
    const late = `${'v1,x '.repeat(10)}${vector.signature}`;
    expect(hear(vector.body, { 'webhook-signature': late })).toHaveProperty('refused');
  });

  it('carries signals as POST /v1/signals does, and sightings of phones', () => {
    const signal = {
      kind: 'qr.scan',
      at: '2021-02-25T15:02:00Z',
      subject: { kind: 'member', value: 'm1' },
      tagId: 't',
    };
    const heard = hearSigned({
      signals: [signal, { ...signal, lat: 1 }, 'x'],
      sightings: [
        { mac: '00:00:5e:00:53:01', at: 1_614_265_320, ap: 'ap1', ssid: 'Guest' },
        { mac: '00:00:5e:00:53:01', at: '2021-02-25T15:02:00Z', zone: 'z1' },
        {},
      ],
    });
    expect(heard.reports).toEqual([
      {
        kind: 'qr.scan',
        at: Date.parse(signal.at),
        trust: 'T2',
        where: [],
        subject: signal.subject,
        tagId: 't',
        signalId: undefined,
      },
    ]);
    expect(heard.sightings).toEqual([
      { kind: 'wifi.join', mac: '00:00:5e:00:53:01', at: 1_614_265_320_000, where: ['ap1', 'Guest'] },
      { kind: 'wifi.seen', mac: '00:00:5e:00:53:01', at: Date.parse(signal.at), where: ['z1'] },
    ]);
    expect(heard.ignored).toEqual(Array(3).fill('not-readable'));
    expect(hearSigned({ signals: Array(101).fill(signal) })).toHaveProperty('unreadable');
    expect(hearSigned([])).toHaveProperty('unreadable');
  });
});
