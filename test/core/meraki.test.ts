import { describe, expect, it } from 'vitest';
import { hearMeraki } from '#core/signals/from-meraki.ts';
import type { Heard } from '#core/signals/heard.ts';
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage } from './door-message.ts';

const SECRET = { validator: 'validator-1', secret: 'supersecret' };
const hear = (body: object): Heard => hearMeraki(aMessage(body), SECRET) as Heard;
const at = (text: string): number => Date.parse(text);

describe('Meraki’s scanning API', () => {
  it('says who has joined, and where: an associated client, placed on a floor plan', () => {
    expect(hear(vectors.merakiWifi)).toEqual({
      sightings: [
        {
          kind: 'wifi.join',
          mac: '00:00:5e:00:53:01',
          at: at('2019-11-28T14:27:46Z'),
          where: ['00:00:5e:00:53:a4', '.interwebs', 'L_000000000000000001'],
        },
      ],
      reports: [],
      ignored: [],
    });
  });

  it('says who is only near: no SSID, no locations, RSSI as a number', () => {
    const { sightings } = hear(vectors.merakiWifiUnassociated);
    expect(sightings.map(({ kind, mac, where }) => [kind, mac, where])).toEqual([
      ['wifi.seen', '00:00:5e:00:53:02', ['00:00:5e:00:53:a1', 'L_000000000000000001']],
      ['wifi.seen', 'e6:59:dd:00:53:f1', ['00:00:5e:00:53:a1', 'L_000000000000000001']],
    ]);
  });

  it('hears Bluetooth beacons of both shapes', () => {
    const { sightings, ignored } = hear(vectors.merakiBluetooth);
    expect(sightings.map(({ kind, mac }) => [kind, mac])).toEqual([
      ['beacon.near', '00:00:5e:00:53:03'],
      ['beacon.near', '00:00:5e:00:53:04'],
    ]);
    expect(ignored).toEqual([]);
  });

  it('reads version 2, and times in seconds', () => {
    const v2 = (seen: object) => ({
      version: '2.0',
      secret: SECRET.secret,
      type: 'DevicesSeen',
      data: { apMac: '00:18:0a:00:00:01', apFloors: [], observations: [{ clientMac: '00:00:5e:00:53:05', ...seen }] },
    });
    const when = at('2026-11-22T10:00:00Z');
    for (const seen of [
      { seenTime: '2026-11-22T10:00:00Z' },
      { seenEpoch: when / 1000 },
      { latestRecord: { time: when / 1000 } },
      { latestRecord: { time: String(when / 1000) } },
    ]) {
      expect(hear(v2(seen)).sightings).toEqual([
        { kind: 'wifi.seen', mac: '00:00:5e:00:53:05', at: when, where: ['00:18:0a:00:00:01'] },
      ]);
    }
  });

  it('never passes on who somebody is', () => {
    const [observation] = vectors.merakiWifi.data.observations;
    const named = { ...observation, userId: 'jdoe@example.com', os: null, ipv6: null };
    const heard = hear({ ...vectors.merakiWifi, data: { ...vectors.merakiWifi.data, observations: [named] } });
    expect(heard.sightings).toHaveLength(1);
    expect(JSON.stringify(heard)).not.toContain('jdoe');
    expect(JSON.stringify(heard)).not.toMatch(/6\.09|60\.05|192\.168/);
  });

  it('counts what it cannot read, and reads the rest', () => {
    const observations = [null, 7, {}, { clientMac: 5 }, ...vectors.merakiWifi.data.observations];
    const heard = hear({ ...vectors.merakiWifi, data: { observations } });
    expect([heard.sightings.length, heard.ignored]).toEqual([1, Array(4).fill('not-readable')]);
  });

  it.each([
    { ...vectors.merakiWifi, secret: 'supersecreT' },
    { ...vectors.merakiWifi, secret: undefined },
    { ...vectors.merakiWifi, secret: ['supersecret'] },
    [],
    null,
    'supersecret',
  ])('refuses another secret: %#', (body) => {
    expect(hearMeraki(aMessage(JSON.stringify(body)), SECRET)).toEqual({ refused: expect.any(String) });
  });
});
