import { describe, expect, it } from 'vitest';
import { hearCamara } from '#core/signals/from-camara.ts';
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { aMessage } from './door-message.ts';

const TOKEN = 'a-token-of-the-carrier';
const headers = { authorization: `Bearer ${TOKEN}` };
const hear = (body: object) => hearCamara(aMessage(body, { headers }), TOKEN);
const event = vectors.camaraEntered;

describe('a carrier’s geofence', () => {
  it('says whose phone has entered an area', () => {
    expect(hear(event)).toEqual({
      sightings: [],
      ignored: [],
      messageId: 'https://notificationSendServer12.supertelco.com/123655',
      reports: [
        {
          kind: 'geofence.enter',
          subject: { kind: 'phone', value: '+123456789' },
          at: Date.parse('2023-03-22T05:40:23.682Z'),
          trust: 'T2',
          where: ['987654321'],
          eventId: 'https://notificationSendServer12.supertelco.com/123655',
        },
      ],
    });
  });

  it('says who has left, in any version', () => {
    const left = { ...event, type: 'org.camaraproject.geofencing-subscriptions.v1.area-left' };
    expect(hear(left)).toMatchObject({ reports: [{ kind: 'geofence.exit' }] });
  });

  it('counts the rest', () => {
    const type = 'org.camaraproject.geofencing-subscriptions.v0.subscription-ended';
    expect(hear({ ...event, type })).toMatchObject({ reports: [], ignored: ['other-event'] });
    expect(hear({ ...event, data: { ...event.data, device: { ipv4Address: {} } } })).toMatchObject({
      reports: [],
      ignored: ['no-person'],
    });
    expect(hear({ ...event, data: 'x' })).toMatchObject({ ignored: ['no-person'] });
  });

  it('is refused without its token, and unreadable when it is no CloudEvent', () => {
    expect(hearCamara(aMessage(event), TOKEN)).toHaveProperty('refused');
    expect(hearCamara(aMessage(event, { headers }), 'another-token-entirely')).toHaveProperty('refused');
    expect(hear([event])).toHaveProperty('unreadable');
  });
});
