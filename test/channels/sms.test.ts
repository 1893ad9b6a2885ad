import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSmsSender } from '#channels/sms.ts';
import { aDelivery, type Capture, startCapture } from './capture.ts';

const STOP = ' Reply STOP to opt out';
const STOP_ZH = ' 回复STOP退订';
const CODE = 'DF3M-KP4V-C85D-K';
/** 3GPP TS 23.038, the default alphabet in its own order, escape (0x1B) left out. */
const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

describe('an SMS', () => {
  let capture: Capture;
  beforeAll(async () => {
    capture = await startCapture();
  });
  afterAll(() => {
    capture.stop();
    vi.unstubAllEnvs();
  });

  const send = (body: string, locale = 'en') =>
    createSmsSender({ origin: 'HARBOUR' }).send(aDelivery({ address: '+8613800138000', body, locale }));
  const textOf = async (body: string, locale?: string) => {
    await send(body, locale);
    return capture.last().body.MessageBody;
  };
  /** A body that becomes a message of so many UTF-16 units, of one symbol repeated before the code. */
  const filled = (units: number, symbol: string, stop = STOP) => {
    const rest = units - CODE.length - stop.length;
    return symbol.repeat(Math.floor(rest / symbol.length)) + 'x'.repeat(rest % symbol.length) + CODE;
  };
  const tooLong = { name: 'ChannelError', meaning: 'rejected', reason: 'longer than three SMS parts' };

  it('is one call of SendTextMessage, and answers with its id', async () => {
    const before = capture.requests.length;
    const answer = await send('Hi Mei');
    expect(capture.requests.length).toBe(before + 1);
    expect(answer.providerMessageId).toBe(`provider-${before + 1}`);
    const { method, path, headers, body } = capture.last();
    expect([method, path, headers['content-type'], headers['x-amz-target']]).toEqual([
      'POST',
      '/',
      'application/x-amz-json-1.0',
      'PinpointSMSVoiceV2.SendTextMessage',
    ]);
    expect(body).toEqual({
      DestinationPhoneNumber: '+8613800138000',
      OriginationIdentity: 'HARBOUR',
      MessageBody: `Hi Mei Code: ${CODE}${STOP}`,
      MessageType: 'PROMOTIONAL',
      Context: { messageId: 'message-1' },
    });
  });

  it('says the code once, and how to stop, in the language of the message', async () => {
    expect(await textOf(`Use ${CODE} today`)).toBe(`Use ${CODE} today${STOP}`);
    expect(await textOf('美，请进', 'zh-CN')).toBe(`美，请进 优惠码：${CODE}${STOP_ZH}`);
    expect(await textOf(`用 ${CODE}`, 'zh-CN')).toBe(`用 ${CODE}${STOP_ZH}`);
  });

  it('has the 127 symbols of the default alphabet', () => expect(new Set(GSM7).size).toBe(127));

  it.each([...GSM7])('in the small alphabet may be 459 long, not 460: %j', async (symbol) => {
    expect(await textOf(filled(459, symbol))).toHaveLength(459);
    await expect(send(filled(460, symbol))).rejects.toMatchObject(tooLong);
  });

  it.each([...'^{}\\[~]|€\f'])('counts an extended symbol as two, and none is cut in two: %j', async (symbol) => {
    // 153 to a part: the 77th would straddle, so 76 begin a part, and the 153rd septet of it stays empty.
    const rest = CODE.length + STOP.length;
    const most = 76 * 2 + Math.floor((153 - rest) / 2);
    expect(await textOf(symbol.repeat(most) + CODE)).toHaveLength(most + rest);
    await expect(send(symbol.repeat(most + 1) + CODE)).rejects.toMatchObject(tooLong);
  });

  it.each(['美', 'ç', '`', '\u00A0', '\u2019', 'Ё'])('beyond it may be 201 long, not 202: %j', async (symbol) => {
    expect(await textOf(filled(201, symbol))).toHaveLength(201);
    await expect(send(filled(202, symbol))).rejects.toMatchObject(tooLong);
    // One is enough to make it so.
    await expect(send(symbol + filled(201, 'x'))).rejects.toMatchObject(tooLong);
  });

  it('counts an emoji as two, and none is cut in two', async () => {
    // 67 to a part: 33 emoji, and one unit stays empty.
    const rest = CODE.length + STOP.length;
    const most = 33 * 2 + Math.floor((67 - rest) / 2);
    expect(await textOf('🥛'.repeat(most) + CODE)).toHaveLength(2 * most + rest);
    await expect(send('🥛'.repeat(most + 1) + CODE)).rejects.toMatchObject(tooLong);
  });

  it('that is too long calls nobody', async () => {
    const before = capture.requests.length;
    await expect(send('x'.repeat(1000))).rejects.toMatchObject(tooLong);
    expect(capture.requests.length).toBe(before);
  });
});
