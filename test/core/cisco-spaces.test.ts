import { describe, expect, it } from 'vitest';
import { hearCiscoSpaces } from '#core/signals/from-cisco-spaces.ts';
import type { Heard } from '#core/signals/heard.ts';
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage } from './door-message.ts';

const TOKEN = 'a-token-of-the-bridge';
const headers = { authorization: `Bearer ${TOKEN}` };
const lines = (...records: unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const hear = (body: string): Heard => hearCiscoSpaces(aMessage(body, { headers }), TOKEN) as Heard;
const presence = (changes: object) => ({
  ...vectors.ciscoSpacesPresence,
  devicePresence: { ...vectors.ciscoSpacesPresence.devicePresence, ...changes },
});

describe('records of Cisco Spaces', () => {
  it('say who is where, from the floor outwards', () => {
    const { sightings } = hear(lines(vectors.ciscoSpacesPresence, vectors.ciscoSpacesLocation));
    expect(sightings).toEqual([
      {
        kind: 'wifi.join',
        mac: '00:00:5e:00:53:01',
        at: 1_714_450_000_000,
        where: ['loc-floor-1', 'loc-bldg-1', 'Guest'],
      },
      { kind: 'wifi.seen', mac: '00:00:5e:00:53:01', at: 1_714_450_000_000, where: ['loc-floor-1', 'Guest'] },
    ]);
  });

  it('never pass on a phone number, an email or a position', () => {
    const text = JSON.stringify(hear(lines(vectors.ciscoSpacesPresence, vectors.ciscoSpacesLocation)));
    expect(text).not.toMatch(/jdoe|4155551234|user-xyz|151\.2|-33\.8/);
  });

  it('of those who leave, other records, and lines that are none are counted', () => {
    const body = lines(
      presence({ presenceEventType: 'DEVICE_EXIT_EVENT' }),
      presence({ presenceEventType: 'DEVICE_IN_ACTIVE_EVENT' }),
      presence({ device: { deviceId: 'x' } }),
      { eventType: 'KEEP_ALIVE', recordTimestamp: 1 },
      { ...vectors.ciscoSpacesPresence, devicePresence: 4 },
      presence({}),
    );
    const { sightings, ignored } = hear(`\n${body}{"cut":\r\n\r\n7\n${body.slice(0, 40)}`);
    expect(sightings).toHaveLength(1);
    expect(ignored).toEqual([
      'left',
      'left',
      'no-address',
      'other-event',
      'not-readable',
      'not-readable',
      'not-readable',
      'not-readable',
    ]);
  });

  it('in locations that hold themselves end somewhere', () => {
    let location: object = { locationId: 'top' };
    for (let level = 0; level < 30; level += 1) location = { locationId: `l${level}`, parent: location };
    expect(hear(lines(presence({ location }))).sightings[0]?.where).toHaveLength(11);
  });

  it('are refused without the token, and unreadable when nothing is a record', () => {
    const body = lines(vectors.ciscoSpacesPresence);
    for (const authorization of ['', 'Bearer', 'Bearer a-token-of-the-bridgf', `Basic ${TOKEN}`]) {
      expect(hearCiscoSpaces(aMessage(body, { headers: { authorization } }), TOKEN)).toHaveProperty('refused');
    }
    for (const nothing of ['', '\n\n', '[]', 'x']) expect(hear(nothing)).toHaveProperty('unreadable');
  });
});
