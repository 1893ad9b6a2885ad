import { createHash } from 'node:crypto';
import type { Tenant } from '#store/keys.ts';
import vectors from '../cases/wifi-events.json' with { type: 'json' };
import { AP, BRAND, type Doors, hmac, MERAKI_SECRET, merakiPost, VENUE } from './connector-world.ts';

export const MAC = '00:00:5e:00:53:01';
export const BODY_LIMIT = 4 * 1024 * 1024;
const WHSEC = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const TOKEN = 'a-token-of-the-sender';
const bearer = { authorization: `Bearer ${TOKEN}` };

type Message = { body: string; headers?: Record<string, string>; query?: Record<string, string> };
/** A vendor with a connector, and its own message by which one person, MAC where it is a phone, comes to the lobby. */
export type Vendor = {
  kind: string;
  owner: Tenant;
  secret: unknown;
  places: object;
  message: (now: number) => Message;
  /** The signature of any other body of this vendor's. */
  sign: (body: string, now: number) => Omit<Message, 'body'>;
  signal: (now: number) => object;
  status: number;
  /** What it wants to hear; else it is our own answer. */
  yes?: string;
  /** Its signatures hold for five minutes. */
  isTimed?: true;
};

const place = { placeId: 'lobby', screenId: 'wall' };
const iso = (ms: number): string => new Date(ms).toISOString();
/** Guests are the venue's, known to the brand by what the venue calls them. */
const ofGuest = (kind: string, at: number) => ({
  kind,
  trust: 'T1',
  occurredAt: iso(at),
  subject: { kind: 'portal', value: 'compass.guest-01' },
  ...place,
});
const signWebhook = (body: string, now: number) => {
  const [id, seconds] = [`msg_${createHash('sha256').update(body).digest('hex').slice(0, 8)}`, String(now / 1000)];
  const key = Buffer.from(WHSEC.slice(6), 'base64');
  const signature = `v1,${hmac(key, `${id}.${seconds}.${body}`, 'base64')}`;
  return { headers: { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature } };
};
const signWechat = (_body: string, now: number) => {
  const [timestamp, nonce] = [String(now / 1000), '1320562132'];
  const signature = createHash('sha1').update(['spamtest', timestamp, nonce].sort().join('')).digest('hex');
  return { query: { timestamp, nonce, signature, openid: 'openid-of-mei' } };
};
const signed = (vendor: Pick<Vendor, 'sign'>, body: string, now: number): Message => ({
  body,
  ...vendor.sign(body, now),
});
type Described = Omit<Vendor, 'message'> & { body: (now: number) => string };
const vendor = ({ body, ...rest }: Described): Vendor => ({ ...rest, message: (now) => signed(rest, body(now), now) });

export const VENDORS: readonly Vendor[] = [
  vendor({
    kind: 'meraki',
    owner: VENUE,
    secret: MERAKI_SECRET,
    places: { [AP]: place },
    body: (now) => JSON.stringify(merakiPost([{ mac: MAC, ssid: 'Guest' }], now)),
    sign: () => ({}),
    signal: (now) => ofGuest('wifi.join', now),
    status: 202,
  }),
  vendor({
    kind: 'mist',
    owner: VENUE,
    secret: ['a-new-secret', 'the-old-secret'],
    places: { 'zone-1': place },
    body: (now) => {
      const event = { zone_id: 'zone-1', trigger: 'enter', type: 'wifi', mac: '00005e005301', timestamp: now / 1000 };
      return JSON.stringify({ topic: 'zone', events: [event] });
    },
    sign: (body) => ({ headers: { 'x-mist-signature-v2': hmac('the-old-secret', body, 'hex') } }),
    signal: (now) => ofGuest('wifi.seen', now),
    status: 202,
  }),
  vendor({
    kind: 'cisco-spaces',
    owner: VENUE,
    secret: TOKEN,
    places: { 'loc-bldg-1': place },
    body: (now) => `${JSON.stringify({ ...vectors.ciscoSpacesPresence, recordTimestamp: now })}\n`,
    sign: () => ({ headers: bearer }),
    signal: (now) => ofGuest('wifi.join', now),
    status: 202,
  }),
  vendor({
    kind: 'radius',
    owner: VENUE,
    secret: TOKEN,
    places: { '00-00-5E-00-53-A1': place },
    body: (now) => JSON.stringify({ ...vectors.radiusRest, 'Event-Timestamp': { type: 'date', value: [now / 1000] } }),
    sign: () => ({ headers: bearer }),
    signal: (now) => ofGuest('wifi.join', now),
    status: 204,
    yes: '',
  }),
  vendor({
    kind: 'webhook',
    owner: BRAND,
    secret: WHSEC,
    places: {},
    body: (now) => {
      const subject = { kind: 'member', value: 'm1' };
      return JSON.stringify({ signals: [{ kind: 'qr.scan', at: iso(now - 1000), subject, placeId: 'lobby' }] });
    },
    sign: signWebhook,
    signal: (now) => ({
      kind: 'qr.scan',
      trust: 'T2',
      occurredAt: iso(now - 1000),
      subject: { kind: 'member', value: 'm1' },
      placeId: 'lobby',
    }),
    status: 202,
    isTimed: true,
  }),
  vendor({
    kind: 'line',
    owner: BRAND,
    secret: 'secret-of-the-channel',
    places: { d41d8cd98f: place },
    body: (now) => {
      const [event] = vectors.lineBeacon.events;
      return JSON.stringify({ ...vectors.lineBeacon, events: [{ ...event, timestamp: now }] });
    },
    sign: (body) => ({ headers: { 'x-line-signature': hmac('secret-of-the-channel', body, 'base64') } }),
    signal: (now) => ({
      kind: 'beacon.near',
      trust: 'T1',
      occurredAt: iso(now),
      subject: { kind: 'line', value: 'U4af4980629' },
      ...place,
    }),
    status: 200,
    yes: '{}',
  }),
  vendor({
    kind: 'camara',
    owner: BRAND,
    secret: TOKEN,
    places: { '987654321': place },
    body: (now) => {
      const data = { ...vectors.camaraEntered.data, device: { phoneNumber: '+8613800138000' } };
      return JSON.stringify({ ...vectors.camaraEntered, time: iso(now), data });
    },
    sign: () => ({ headers: bearer }),
    signal: (now) => ({
      kind: 'geofence.enter',
      trust: 'T2',
      occurredAt: iso(now),
      subject: { kind: 'phone', value: '+8613800138000' },
      ...place,
    }),
    status: 204,
    yes: '',
  }),
  vendor({
    kind: 'wechat',
    owner: BRAND,
    secret: { token: 'spamtest', appId: 'wx2c2769f8efd9abc2' },
    places: { 'screen-1': place },
    body: (now) =>
      `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[openid-of-mei]]></FromUserName><CreateTime>${now / 1000}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[screen-1]]></EventKey></xml>`,
    sign: signWechat,
    signal: (now) => ({
      kind: 'qr.scan',
      trust: 'T1',
      occurredAt: iso(now),
      subject: { kind: 'wechat', value: 'openid-of-mei' },
      tagId: 'screen-1',
      ...place,
    }),
    status: 200,
    yes: 'success',
    isTimed: true,
  }),
];

/** Sets a vendor's connector up as `door`; a venue's has a guest, who shares with harbour. */
export async function open(
  doors: Doors,
  { kind, owner, secret, places }: Pick<Vendor, 'kind' | 'owner' | 'secret' | 'places'>,
  changes: object = {},
): Promise<void> {
  const brands = owner.kind === 'venue' ? { brands: ['harbour'] } : {};
  const { status, text } = await doors.put(owner, 'door', { kind, name: kind, secret, places, ...brands, ...changes });
  if (status !== 200) throw new Error(text);
  if (owner.kind === 'venue') await doors.logIn(owner, 'door', MAC, ['harbour']);
}
