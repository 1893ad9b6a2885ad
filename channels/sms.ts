import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { ChannelError, type ChannelSender, channelError, type Delivery } from './channel.ts';

/** Three concatenated parts: 3 x 153 GSM-7 septets, 3 x 67 UCS-2 units (3GPP TS 23.040, TS 23.038). */
const MAX_SEPTETS = 459;
const MAX_UCS2 = 201;
const GSM7 =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM7_EXTENSION = '^{}\\[~]|€';

/** SMS through AWS End User Messaging. Like SES it takes no idempotency key, so the SDK must not repeat a call. */
export function createSmsSender({ origin }: { origin: string }): ChannelSender {
  const client = new PinpointSMSVoiceV2Client({
    maxAttempts: 1,
    requestHandler: { requestTimeout: 10_000, connectionTimeout: 3_000 },
  });
  return {
    encode: (text) => text,
    send: async (delivery) => {
      const MessageBody = smsText(delivery);
      if (!fitsThreeParts(MessageBody)) throw new ChannelError('rejected', 'longer than three SMS parts');
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

function fitsThreeParts(text: string): boolean {
  let septets = 0;
  for (const symbol of text) {
    if (GSM7.includes(symbol)) septets += 1;
    else if (GSM7_EXTENSION.includes(symbol)) septets += 2;
    else return text.length <= MAX_UCS2;
  }
  return septets <= MAX_SEPTETS;
}
