import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { ChannelError, type ChannelSender, channelError, type Delivery } from './channel.ts';

/** More would cost the brand more than the coupon says. */
const MAX_PARTS = 3;
/** What one of several concatenated parts holds (3GPP TS 23.040, TS 23.038). */
const SEPTETS_PER_PART = 153;
const UCS2_PER_PART = 67;
const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM7_EXTENSION = '\f^{}\\[~]|€';

/** SMS through AWS End User Messaging. Like SES it takes no idempotency key, so the SDK must not repeat a call. */
export function createSmsSender({ origin }: { origin: string }): ChannelSender {
  const client = new PinpointSMSVoiceV2Client({
    maxAttempts: 1,
    // Without the last one the SDK only warns when time is up, and waits on.
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 3_000, throwOnRequestTimeout: true },
  });
  return {
    send: async (delivery) => {
      const MessageBody = smsText(delivery);
      if (partsOf(MessageBody) > MAX_PARTS) throw new ChannelError('rejected', 'longer than three SMS parts');
      try {
        const { MessageId = '' } = await client.send(
          new SendTextMessageCommand({
            DestinationPhoneNumber: delivery.address,
            OriginationIdentity: origin,
            MessageBody,
            MessageType: 'PROMOTIONAL',
            // Echoed in delivery events, by which a receipt finds its message.
            Context: { messageId: delivery.messageId },
          }),
        );
        return { providerMessageId: MessageId };
      } catch (error) {
        throw channelError(error);
      }
    },
  };
}

/** Body, the code unless the template says it already, and how to stop. */
function smsText({ body, code, locale }: Delivery): string {
  const chinese = locale === 'zh-CN';
  const withCode = body.includes(code) ? body : `${body}${chinese ? ' 优惠码：' : ' Code: '}${code}`;
  return `${withCode}${chinese ? ' 回复STOP退订' : ' Reply STOP to opt out'}`;
}

/** Parts of a text too long for one. A symbol of two units, `€` or an emoji, is not cut in two: it opens the next part. */
function partsOf(text: string): number {
  const symbols = [...text];
  const isGsm7 = symbols.every((symbol) => GSM7.includes(symbol) || GSM7_EXTENSION.includes(symbol));
  const sizeOf = (symbol: string) => (isGsm7 ? (GSM7.includes(symbol) ? 1 : 2) : symbol.length);
  const perPart = isGsm7 ? SEPTETS_PER_PART : UCS2_PER_PART;
  let parts = 1;
  let used = 0;
  for (const size of symbols.map(sizeOf)) {
    if (used + size > perPart) {
      parts += 1;
      used = 0;
    }
    used += size;
  }
  return parts;
}
