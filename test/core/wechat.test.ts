import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { echoToWechat, hearWechat } from '#core/signals/from-wechat.ts';
import type { Heard } from '#core/signals/heard.ts';
import { decryptWechat, isWechatSignature } from '#core/wechat/callback.ts';
import vectors from '../cases/wechat-callback.json' with { type: 'json' };
import { aMessage, withOneBitFlipped } from './door-message.ts';

const [plain] = vectors.plainSignature as [(typeof vectors.plainSignature)[number]];
const [safe] = vectors.encrypted as [(typeof vectors.encrypted)[number]];
const [encrypted] = vectors.encryptDeterministic as [(typeof vectors.encryptDeterministic)[number]];
const SECRET = { token: safe.token, appId: safe.appId };
const SAFE = { ...SECRET, encodingAesKey: safe.encodingAESKey };
const NOW = Number(safe.timestamp) * 1000;
const { timestamp, nonce } = safe;
const query = { timestamp, nonce, signature: plain.signature };
const sealed = { ...query, encrypt_type: 'aes', msg_signature: safe.msgSignature };
const wrap = (cipher: string, more = '') =>
  `<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>${more}<Encrypt><![CDATA[${cipher}]]></Encrypt></xml>`;
const event = (name: string, key: string, more = '') =>
  `<xml><ToUserName><![CDATA[toUser]]></ToUserName><FromUserName><![CDATA[FromUser]]></FromUserName><CreateTime>1409735668</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${name}]]></Event><EventKey><![CDATA[${key}]]></EventKey>${more}</xml>`;
const hear = (body: string): Heard => hearWechat(aMessage(body, { query, now: NOW }), SECRET) as Heard;

/** What WeChat does; held against the published vector below. */
function encrypt(
  message: string | Buffer,
  { encodingAesKey, appId, random16 = 'aaaabbbbccccdddd' }: Record<string, string>,
) {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const body = Buffer.concat([Buffer.from(random16), length, text, Buffer.from(appId ?? '')]);
  const pad = 32 - (body.length % 32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(body), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString('base64');
}
const sha1 = (...parts: string[]) => createHash('sha1').update(parts.sort().join('')).digest('hex');
const hearSealed = (message: string, outer = ''): Heard => {
  const cipher = encrypt(message, SAFE);
  const msg_signature = sha1(SAFE.token, timestamp, nonce, cipher);
  return hearWechat(aMessage(wrap(cipher, outer), { query: { ...sealed, msg_signature }, now: NOW }), SAFE) as Heard;
};

describe('WeChat’s callbacks', () => {
  it.each(vectors.plainSignature)('are signed as published: $token', ({ token, signature, ...parts }) => {
    expect(isWechatSignature(signature, token, parts.timestamp, parts.nonce)).toBe(true);
    for (const bytes of withOneBitFlipped(Buffer.from(signature))) {
      expect(isWechatSignature(bytes.toString('latin1'), token, parts.timestamp, parts.nonce)).toBe(false);
    }
    expect(isWechatSignature(signature, token, parts.timestamp, `${parts.nonce}0`)).toBe(false);
  });

  it('are decrypted as published', () => {
    const key = { encodingAesKey: encrypted.encodingAESKey, appId: encrypted.appId };
    expect(decryptWechat(encrypted.encrypt, key)?.toString()).toBe(encrypted.msg);
    expect(encrypt(encrypted.msg, { ...key, random16: encrypted.random16 })).toBe(encrypted.encrypt);
    expect(decryptWechat(encrypted.encrypt, { ...key, appId: 'wxb11529c136998cb7' })).toBeUndefined();
    const text = decryptWechat(safe.encrypt, SAFE)?.toString();
    for (const part of safe.expectContains) expect(text).toContain(part);
  });

  it('in safe mode are opened, and a text is nobody’s arrival', () => {
    expect(hearWechat(aMessage(wrap(safe.encrypt), { query: sealed, now: NOW }), SAFE)).toEqual({
      sightings: [],
      reports: [],
      ignored: ['other-event'],
      messageId: 'id/6054768590064713728',
    });
  });

  it('in safe mode are refused with any bit of what is encrypted another', () => {
    let refused = 0;
    for (const bytes of withOneBitFlipped(Buffer.from(safe.encrypt))) {
      const message = aMessage(wrap(bytes.toString('latin1')), { query: sealed, now: NOW });
      expect(hearWechat(message, SAFE)).toHaveProperty('refused');
      refused += 1;
    }
    expect(refused).toBe(8 * safe.encrypt.length);
  });

  it('with a key are not taken in plain, nor from the plain half of compatible mode', () => {
    const body = event('SCAN', 's1');
    expect(hearWechat(aMessage(body, { query: sealed, now: NOW }), SAFE)).toHaveProperty('refused');
    const forged = '<MsgType>event</MsgType><Event>SCAN</Event><EventKey>forged</EventKey>';
    expect(hearSealed(body, forged).reports.map(({ where }) => where)).toEqual([['s1']]);
  });

  it('say who has scanned which code, or follows by it', () => {
    const report = {
      kind: 'qr.scan',
      subject: { kind: 'wechat', value: 'FromUser' },
      at: 1_409_735_668_000,
      trust: 'T1',
    };
    for (const heard of [hear(event('SCAN', 'screen-1')), hearSealed(event('SCAN', 'screen-1'))]) {
      const eventId = 'event/FromUser/1409735668/SCAN';
      expect(heard.reports).toEqual([{ ...report, where: ['screen-1'], tagId: 'screen-1', eventId }]);
      expect(heard.messageId).toBe(eventId);
    }
    expect(hear(event('subscribe', 'qrscene_screen-1')).reports).toMatchObject([{ ...report, tagId: 'screen-1' }]);
    expect(hear(event('SCAN', '货架 7')).reports).toEqual([
      { ...report, where: ['货架 7'], eventId: 'event/FromUser/1409735668/SCAN' },
    ]);
    const json = { FromUserName: 'FromUser', CreateTime: 1_409_735_668, MsgType: 'event', Event: 'SCAN', EventKey: 7 };
    expect(hear(JSON.stringify(json)).reports).toMatchObject([{ ...report, tagId: '7' }]);
  });

  it('count what is no scan', () => {
    const position = '<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude>';
    expect(hear(event('LOCATION', '', position))).toMatchObject({ reports: [], ignored: ['location-not-used'] });
    expect(JSON.stringify(hear(event('LOCATION', '', position)))).not.toContain('113.35');
    expect(hear(event('subscribe', ''))).toMatchObject({ reports: [], ignored: ['no-scene'] });
    expect(hear(event('unsubscribe', ''))).toMatchObject({ reports: [], ignored: ['other-event'] });
  });

  it.each([
    '<!DOCTYPE xml [<!ENTITY a "b">]><xml><FromUserName>&a;</FromUserName></xml>',
    '<xml>',
    '<xml><FromUserName></FromUserName></xml>',
    '',
    '{"FromUserName": 4}',
    '{',
    '<a>'.repeat(50_000),
    `<xml>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</xml>`,
  ])('are unreadable: %#', (body) => {
    expect(hearWechat(aMessage(body, { query, now: NOW }), SECRET)).toHaveProperty('unreadable');
  });

  it('do not resolve entities', () => {
    expect(hear(event('SCAN', '').replace('<![CDATA[]]>', '&lt;x&#65;')).reports[0]?.where).toEqual(['&lt;x&#65;']);
  });

  it('are refused when their time is not now', () => {
    for (const seconds of [-301, 360, 8 * 86_400]) {
      const message = aMessage(event('SCAN', 's1'), { query, now: NOW + seconds * 1000 });
      expect(hearWechat(message, SECRET)).toHaveProperty('refused');
    }
  });

  it('prove that the server is the account’s: the echo', () => {
    const echo = (changes: object, secret = SECRET) =>
      echoToWechat({ query: { ...query, echostr: '4375120948345356249', ...changes }, now: NOW }, secret);
    expect(echo({})).toBe('4375120948345356249');
    expect(echo({}, SAFE)).toBe('4375120948345356249');
    expect(echo({ signature: plain.signature.replace('1', '2') })).toBeUndefined();
    expect(echo({ timestamp: '1409735670' })).toBeUndefined();
    const { token, encodingAESKey, receiveId, echostr, msgSignature, ...asked } = vectors.wecomEcho;
    const message = {
      query: { timestamp: asked.timestamp, nonce: asked.nonce, echostr, msg_signature: msgSignature },
      now: Number(asked.timestamp) * 1000,
    };
    const wecom = { token, appId: receiveId, encodingAesKey: encodingAESKey };
    expect(echoToWechat(message, wecom)).toBe('1616140317555161061');
    expect(echoToWechat(message, { ...wecom, appId: 'another' })).toBeUndefined();
    expect(echoToWechat(message, { ...wecom, token: 'another' })).toBeUndefined();
  });
});
