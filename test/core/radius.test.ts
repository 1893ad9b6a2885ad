import { describe, expect, it } from 'vitest';
import { hearRadius } from '#core/signals/from-radius.ts';
import type { Heard } from '#core/signals/heard.ts';
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage } from './door-message.ts';

const TOKEN = 'a-token-of-the-radius';
const headers = { authorization: `Bearer ${TOKEN}` };
const hear = (body: object): Heard => hearRadius(aMessage(body, { headers }), TOKEN) as Heard;
const AT = Date.parse('2026-11-22T10:00:00Z');
const flat = {
  'Acct-Status-Type': 'Interim-Update',
  'Called-Station-Id': '00:00:5e:00:53:a1:Free WiFi',
  'Calling-Station-Id': '00005E005301',
  'Event-Timestamp': AT / 1000,
};

describe('RADIUS accounting', () => {
  it('says who has joined, as rlm_rest writes it', () => {
    expect(hear(vectors.radiusRest)).toEqual({
      sightings: [{ kind: 'wifi.join', mac: '00-00-5E-00-53-01', at: AT, where: ['00-00-5E-00-53-A1', 'Guest'] }],
      reports: [],
      ignored: [],
    });
    expect(JSON.stringify(hear(vectors.radiusRest))).not.toContain('bob');
  });

  it('says who is still there, as a template of one’s own writes it', () => {
    expect(hear(flat).sightings).toEqual([
      { kind: 'wifi.seen', mac: '00005E005301', at: AT, where: ['00:00:5e:00:53:a1', 'Free WiFi'] },
    ]);
  });

  it.each([
    ['1', 'wifi.join'],
    [1, 'wifi.join'],
    ['3', 'wifi.seen'],
    ['Alive', 'wifi.seen'],
  ])('knows %j', (status, kind) => {
    expect(hear({ ...flat, 'Acct-Status-Type': status }).sightings.map((one) => one.kind)).toEqual([kind]);
  });

  it.each(['Stop', 2, '7', 'constructor', null, {}, []])('leaves %j', (status) => {
    expect(hear({ ...flat, 'Acct-Status-Type': status }).ignored).toEqual(['other-event']);
  });

  it.each([
    ['guest-wifi', ['guest-wifi']],
    ['0000.5e00.53a1', ['0000.5e00.53a1']],
    ['00005E0053A1:a:b', ['00005E0053A1', 'a:b']],
    ['00-00-5E-00-53-A1:', ['00-00-5E-00-53-A1:']],
  ])('finds the access point in %j', (station, where) => {
    expect(hear({ ...flat, 'Called-Station-Id': station }).sightings[0]?.where).toEqual(where);
  });

  it.each(['Nov 22 2026 10:00:00 CST', 'Nov 99 2026 10:00:00 UTC', 'yesterday', null, '', -4])(
    'does not guess when %j was',
    (when) => {
      expect(hear({ ...flat, 'Event-Timestamp': when }).sightings[0]?.at).toBeUndefined();
    },
  );

  it('is refused without the token', () => {
    expect(hearRadius(aMessage(flat), TOKEN)).toHaveProperty('refused');
    expect(hearRadius(aMessage(flat, { headers }), 'another-token-than-that')).toHaveProperty('refused');
    expect(hearRadius(aMessage('[1]', { headers }), TOKEN)).toHaveProperty('unreadable');
  });
});
