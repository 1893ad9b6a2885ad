import { XMLParser } from 'fast-xml-parser';
import * as z from 'zod/mini';
import { IdSchema } from '../model/common.ts';
import type { WechatSecret } from '../model/connector.ts';
import { decryptWechat, isWechatSignature } from '../wechat/callback.ts';
import { MAX_SKEW_MS } from './from-webhook.ts';
import { type DoorMessage, instantOf, MaybeText, nothingHeard, type Told } from './heard.ts';

/** Neither entities nor attributes mean anything here, and a number is kept as it is written. */
const xml = new XMLParser({
  processEntities: false,
  ignoreAttributes: true,
  parseTagValue: false,
  maxNestedTags: 8,
});
/** JSON has numbers where XML has text. */
const Word = z.catch(
  z.pipe(
    z.union([z.string(), z.number()]),
    z.transform((value) => String(value)),
  ),
  '',
);
const EnvelopeSchema = z.object({ Encrypt: z.string().check(z.regex(/^[A-Za-z0-9+/]+={0,2}$/)) });
const MessageSchema = z.object({
  FromUserName: MaybeText,
  CreateTime: Word,
  MsgType: Word,
  MsgId: Word,
  Event: Word,
  EventKey: Word,
});

/**
 * Messages of a WeChat official account: who scans one of its codes, or follows it by one, was at that code (`qr.scan`).
 * A printed code can be photographed, so it is worth T1. With an `encodingAesKey` only what is encrypted is taken, also
 * in compatible mode; without one WeChat signs a token and a time, but not the message.
 * `LOCATION` events are not used: mainland positions are GCJ-02, which is hundreds of metres off our maps.
 */
export function hearWechat(message: DoorMessage, secret: WechatSecret): Told {
  const outer = documentOf(message, message.bytes);
  const opened = open(message, secret, outer);
  if ('refused' in opened) return opened;
  const read = MessageSchema.safeParse(opened.document).data;
  if (!outer || !read) return { unreadable: 'must be one of WeChat’s messages, in XML or JSON' };
  const { FromUserName: openId, CreateTime, MsgType, MsgId, Event, EventKey } = read;
  if (openId === undefined) return { unreadable: 'must have a FromUserName' };
  // As WeChat advises: messages by their id, events by who and when.
  const messageId = MsgId !== '' ? `id/${MsgId}` : `event/${openId}/${CreateTime}/${Event}`;
  const heard = { ...nothingHeard(), messageId };
  if (MsgType !== 'event') return { ...heard, ignored: ['other-event'] };
  if (Event === 'LOCATION') return { ...heard, ignored: ['location-not-used'] };
  if (Event !== 'SCAN' && Event !== 'subscribe') return { ...heard, ignored: ['other-event'] };
  const scene = Event === 'SCAN' ? EventKey : (/^qrscene_(.+)$/s.exec(EventKey)?.[1] ?? '');
  if (scene === '') return { ...heard, ignored: ['no-scene'] };
  const tagId = IdSchema.safeParse(scene).data;
  return {
    ...heard,
    reports: [
      {
        kind: 'qr.scan',
        subject: { kind: 'wechat', value: openId },
        at: instantOf(CreateTime),
        trust: 'T1',
        where: [scene],
        eventId: messageId,
        ...(tagId !== undefined && { tagId }),
      },
    ],
  };
}

/** The `echostr` that proves to WeChat that this is the account's server; undefined where WeChat has not asked. */
export function echoToWechat(
  message: Pick<DoorMessage, 'query' | 'now'>,
  { token, appId, encodingAesKey }: WechatSecret,
): string | undefined {
  const { signature = '', msg_signature: sealed, timestamp = '', nonce = '', echostr = '' } = message.query;
  if (echostr === '' || !isRecent(message)) return undefined;
  if (sealed === undefined) return isWechatSignature(signature, token, timestamp, nonce) ? echostr : undefined;
  // WeCom encrypts this as well.
  if (encodingAesKey === undefined || !isWechatSignature(sealed, token, timestamp, nonce, echostr)) return undefined;
  return decryptWechat(echostr, { encodingAesKey, appId })?.toString('utf8');
}

/** The message itself, out of its envelope where there is one. */
function open(
  message: DoorMessage,
  { token, appId, encodingAesKey }: WechatSecret,
  outer: unknown,
): { document: unknown } | { refused: string } {
  const { signature = '', msg_signature: sealed = '', timestamp = '', nonce = '' } = message.query;
  if (!isRecent(message)) return { refused: 'the timestamp in the address is more than five minutes off' };
  if (encodingAesKey === undefined) {
    const isSigned = isWechatSignature(signature, token, timestamp, nonce);
    return isSigned ? { document: outer } : { refused: 'signature is not WeChat’s for this connector’s token' };
  }
  const encrypted = EnvelopeSchema.safeParse(outer).data?.Encrypt;
  if (encrypted === undefined) return { refused: 'this connector takes encrypted messages only' };
  if (!isWechatSignature(sealed, token, timestamp, nonce, encrypted)) {
    return { refused: 'msg_signature is not WeChat’s for this message and this connector’s token' };
  }
  const plain = decryptWechat(encrypted, { encodingAesKey, appId });
  return plain ? { document: documentOf(message, plain) } : { refused: 'the message is not encrypted for this app' };
}

/** WeChat itself does nothing against a recording that is played again. */
function isRecent({ query, now }: Pick<DoorMessage, 'query' | 'now'>): boolean {
  const at = instantOf(query.timestamp);
  return at !== undefined && Math.abs(at - now) <= MAX_SKEW_MS;
}

/** An official account sends XML, or JSON where its owner has chosen so; undefined for anything else. */
function documentOf({ parse }: Pick<DoorMessage, 'parse'>, bytes: Buffer): unknown {
  const text = bytes.toString('utf8').trimStart();
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return undefined;
  try {
    return text.startsWith('{') ? parse(bytes) : (xml.parse(text, true) as { xml?: unknown }).xml;
  } catch {
    return undefined;
  }
}
