import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { type ChannelSender, channelError, type Delivery } from './channel.ts';

/** One call, one try. */
const ONCE = {
  maxAttempts: 1,
  // Without the last one the SDK only warns when time is up, and waits on.
  requestHandler: { requestTimeout: 10_000, connectionTimeout: 3_000, throwOnRequestTimeout: true },
};

/**
 * Email through Amazon SES, with one-click unsubscribe (RFC 8058), which Gmail and Yahoo ask of bulk senders.
 * The SDK must not repeat a call on its own: SES takes no idempotency key.
 */
export function createEmailSender({
  from,
  unsubscribeMailbox,
}: {
  from: string;
  unsubscribeMailbox: string;
}): ChannelSender {
  const client = new SESv2Client(ONCE);
  return {
    send: async (delivery) => {
      try {
        const { MessageId = '' } = await client.send(
          new SendEmailCommand({
            FromEmailAddress: from,
            Destination: { ToAddresses: [delivery.address] },
            Content: {
              Simple: {
                Subject: { Data: oneLine(delivery.title) || delivery.code, Charset: 'UTF-8' },
                Body: {
                  Text: { Data: textOf(delivery), Charset: 'UTF-8' },
                  Html: { Data: htmlOf(delivery), Charset: 'UTF-8' },
                },
                Headers: [
                  {
                    Name: 'List-Unsubscribe',
                    Value: `<${delivery.unsubscribeUrl}>, <mailto:${unsubscribeMailbox}?subject=unsubscribe>`,
                  },
                  { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
                ],
              },
            },
            EmailTags: [{ Name: 'messageId', Value: delivery.messageId }],
          }),
        );
        return { providerMessageId: MessageId };
      } catch (error) {
        throw channelError(error);
      }
    },
  };
}

/** A one-time code for somebody who says that an address is theirs. */
export type CodeMail = { address: string; locale: string; code: string; network: string; minutes: number };

/** Sends such codes: not marketing, so there is nothing to unsubscribe from. @throws ChannelError */
export function createCodeSender({ from }: { from: string }): (mail: CodeMail) => Promise<void> {
  const sendPlain = createPlainSender(from);
  return async ({ address, locale, code, network, minutes }) => {
    const { subject, text } = CODE_WORDS[locale === 'zh-CN' ? 'zh-CN' : 'en'];
    await sendPlain({ address, subject: subject(network), text: text({ code, network, minutes }) });
  };
}

/** A link for somebody of whom a brand says that they want its offers by email. */
export type ConfirmationMail = { address: string; locale: string; brand: string; url: string };

/** Sends such links: one question, without any offer. @throws ChannelError */
export function createConfirmationSender({ from }: { from: string }): (mail: ConfirmationMail) => Promise<void> {
  const sendPlain = createPlainSender(from);
  return async ({ address, locale, brand, url }) => {
    const { subject, text } = CONFIRMATION_WORDS[locale === 'zh-CN' ? 'zh-CN' : 'en'];
    await sendPlain({ address, subject: subject(brand), text: text(brand, url) });
  };
}

const CONFIRMATION_WORDS = {
  en: {
    subject: (brand: string) => `Do you want offers from ${brand} by email?`,
    text: (brand: string, url: string) =>
      `${brand} was told that you want its offers by email. If you do, press the button on this page within a week:\n\n${url}\n\nIf not, do nothing: you will get none.\n`,
  },
  'zh-CN': {
    subject: (brand: string) => `您愿意通过邮件接收${brand}的优惠吗？`,
    text: (brand: string, url: string) =>
      `${brand}得知您愿意通过邮件接收其优惠。如果属实，请在一周内打开此页面并点击按钮：\n\n${url}\n\n如不愿意，无需操作，您不会收到任何优惠邮件。\n`,
  },
} as const;

/** Mails that are not marketing: text only. */
function createPlainSender(from: string): (mail: { address: string; subject: string; text: string }) => Promise<void> {
  const client = new SESv2Client(ONCE);
  return async ({ address, subject, text }) => {
    try {
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [address] },
          Content: {
            Simple: {
              Subject: { Data: oneLine(subject), Charset: 'UTF-8' },
              Body: { Text: { Data: text, Charset: 'UTF-8' } },
            },
          },
        }),
      );
    } catch (error) {
      throw channelError(error);
    }
  };
}

type CodeWords = {
  subject: (network: string) => string;
  text: (said: Pick<CodeMail, 'code' | 'network' | 'minutes'>) => string;
};
const CODE_WORDS: Record<'en' | 'zh-CN', CodeWords> = {
  en: {
    subject: (network) => `Your code for ${network}`,
    text: ({ code, network, minutes }) =>
      `${code}\n\nEnter this code on the page of the WiFi “${network}”. It is good for ${minutes} minutes, once.\nIf you did not ask for it, do nothing: nobody gets in without it.\n`,
  },
  'zh-CN': {
    subject: (network) => `${network} 验证码`,
    text: ({ code, network, minutes }) =>
      `${code}\n\n请在 WiFi“${network}”的页面上输入此验证码，${minutes} 分钟内有效，仅可使用一次。\n如果不是您本人请求，请忽略此邮件。\n`,
  },
};

const WORDS = {
  en: { code: 'Your code', until: 'Valid until', unsubscribe: 'Unsubscribe' },
  'zh-CN': { code: '您的优惠码', until: '有效期至', unsubscribe: '退订' },
} as const;
const wordsFor = (locale: string) => (locale === 'zh-CN' ? WORDS['zh-CN'] : WORDS.en);

function textOf({ body, code, expiresAt, unsubscribeUrl, locale }: Delivery): string {
  const words = wordsFor(locale);
  return `${body}\n\n${words.code}: ${code}\n${words.until}: ${expiresAt}\n\n${words.unsubscribe}: ${unsubscribeUrl}\n`;
}

/** Tables, because mail clients want them. */
function htmlOf({ title, body, code, expiresAt, unsubscribeUrl, locale }: Delivery): string {
  const words = wordsFor(locale);
  return `<!doctype html><html lang="${escapeHtml(locale)}"><body style="margin:0;background:#f4f5f7;font-family:Helvetica,Arial,sans-serif;color:#1c2430">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" style="max-width:520px;background:#fff;border-radius:12px" cellpadding="0" cellspacing="0">
<tr><td style="padding:28px 28px 8px;font-size:22px;font-weight:bold">${escapeHtml(title)}</td></tr>
<tr><td style="padding:0 28px 20px;font-size:16px;line-height:1.5">${escapeHtml(body).replaceAll('\n', '<br>')}</td></tr>
<tr><td align="center" style="padding:0 28px"><div style="border:2px dashed #c3cad5;border-radius:10px;padding:16px">
<div style="font-size:12px;color:#5a6472">${words.code}</div>
<div style="font:bold 24px/1.4 Menlo,Consolas,monospace;letter-spacing:1px">${escapeHtml(code)}</div>
<div style="font-size:12px;color:#5a6472">${words.until} ${escapeHtml(expiresAt)}</div></div></td></tr>
<tr><td style="padding:20px 28px 28px;font-size:12px;color:#5a6472"><a href="${escapeHtml(unsubscribeUrl)}" style="color:#5a6472">${words.unsubscribe}</a></td></tr>
</table></td></tr></table></body></html>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (symbol) => ENTITIES[symbol] ?? symbol);
}

/** A subject is a header: a line break in it would begin another. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
