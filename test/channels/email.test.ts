import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCodeSender, createEmailSender, escapeHtml } from '#channels/email.ts';
import { compose } from '#core/messages/compose.ts';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import { aCampaign } from '#test/support/builders.ts';
import { aDelivery, type Capture, startCapture } from './capture.ts';

type Part = { Data: string; Charset: string };
type SesBody = {
  FromEmailAddress: string;
  Destination: { ToAddresses: string[] };
  Content: { Simple: { Subject: Part; Body: { Text: Part; Html: Part }; Headers: { Name: string; Value: string }[] } };
  EmailTags: { Name: string; Value: string }[];
};

describe('an email', () => {
  let capture: Capture;
  beforeAll(async () => {
    capture = await startCapture();
  });
  afterEach(() => capture.answerWith({ status: 200 }));
  afterAll(() => {
    capture.stop();
    vi.unstubAllEnvs();
  });

  const sender = () =>
    createEmailSender({ from: 'Harbour <hello@harbour.example>', unsubscribeMailbox: 'stop@harbour.example' });
  const sent = async (overrides: Parameters<typeof aDelivery>[0] = {}) => {
    await sender().send(aDelivery(overrides));
    return capture.last().body as unknown as SesBody;
  };

  it('is one call of SES’s SendEmail, and answers with its id', async () => {
    const before = capture.requests.length;
    const answer = await sender().send(aDelivery());
    expect(capture.requests.length).toBe(before + 1);
    expect(answer.providerMessageId).toBe(`provider-${before + 1}`);
    const { method, path, headers, body } = capture.last();
    expect([method, path, headers['content-type']]).toEqual(['POST', '/v2/email/outbound-emails', 'application/json']);
    expect(headers.authorization).toContain('/eu-west-1/ses/aws4_request');
    expect(body).toMatchObject({
      FromEmailAddress: 'Harbour <hello@harbour.example>',
      Destination: { ToAddresses: ['mei@example.com'] },
      EmailTags: [{ Name: 'messageId', Value: 'message-1' }],
    });
  });

  it('can be unsubscribed from at one click (RFC 8058)', async () => {
    const { Content } = await sent();
    expect(Content.Simple.Headers).toEqual([
      {
        Name: 'List-Unsubscribe',
        Value: '<https://beckon.example/u/token>, <mailto:stop@harbour.example?subject=unsubscribe>',
      },
      { Name: 'List-Unsubscribe-Post', Value: 'List-Unsubscribe=One-Click' },
    ]);
    expect(Content.Simple.Body.Text.Data).toContain('Unsubscribe: https://beckon.example/u/token');
    expect(Content.Simple.Body.Html.Data).toContain('<a href="https://beckon.example/u/token"');
  });

  it('says code, expiry and body in text and HTML, in the language of the message', async () => {
    const english = (await sent({ body: 'Hi Mei,\ncome in' })).Content.Simple;
    expect(english.Subject).toEqual({ Data: 'CN¥5.00 off', Charset: 'UTF-8' });
    expect(english.Body.Text.Data).toBe(
      'Hi Mei,\ncome in\n\nYour code: DF3M-KP4V-C85D-K\nValid until: Nov 19, 2026, 12:30 AM\n\nUnsubscribe: https://beckon.example/u/token\n',
    );
    expect(english.Body.Html.Data).toContain('Hi Mei,<br>come in');
    expect(english.Body.Html.Data).toContain('<html lang="en">');
    const chinese = (await sent({ locale: 'zh-CN' })).Content.Simple;
    expect(chinese.Body.Text.Data).toContain('您的优惠码: DF3M-KP4V-C85D-K');
    expect(chinese.Body.Text.Data).toContain('退订: https://');
  });

  /** The whole way from a profile to the provider. */
  const greet = async (firstName: string) => {
    const templates = { en: { title: 'For {{person.firstName|you}}', body: 'Hi {{person.firstName|there}}, come in' } };
    const words = compose({
      campaign: {
        ...CampaignInputSchema.parse(aCampaign({ message: { channels: ['email'], templates } })),
        campaignId: 'milk',
        state: 'live',
      },
      person: { personId: 'mei', identifiers: [], attributes: { firstName } },
      personalised: true,
      place: undefined,
      code: 'DF3M-KP4V-C85D-K',
      expiresAt: 0,
    });
    return (await sent(words)).Content.Simple;
  };

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><b>',
    "O'Neill & <i>Söhne</i>",
    '&lt;b&gt;',
    '&amp;lt;',
  ])('shows a hostile name as it is written, never as markup: %s', async (name) => {
    const { Subject, Body } = await greet(name);
    expect(Body.Html.Data).toContain(`Hi ${escapeHtml(name)}, come in`);
    expect(Body.Html.Data).not.toContain(`Hi ${name}`);
    expect(Body.Html.Data).not.toMatch(/<script|<img|<b>|<i>/);
    expect(Subject.Data).toBe(`For ${name}`);
    expect(Body.Text.Data).toContain(`Hi ${name}, come in`);
  });

  it('has a subject of one line, whatever the name', async () => {
    expect((await greet('Mei\r\nBcc: all')).Subject.Data).toBe('For MeiBcc: all');
  });

  it('has a subject of one line, whatever the template', async () => {
    expect((await sent({ title: 'Milk\r\nBcc: all@example.com' })).Content.Simple.Subject.Data).toBe(
      'Milk Bcc: all@example.com',
    );
    expect((await sent({ title: '\tMilk\u0000\u2028 \n now ' })).Content.Simple.Subject.Data).toBe('Milk now');
  });

  it.each(['', '  ', '\r\n'])('has the code for a subject where the title is %j', async (title) => {
    expect((await sent({ title })).Content.Simple.Subject.Data).toBe('DF3M-KP4V-C85D-K');
  });

  it('brings a one-time code as plain text, with a subject of one line and no code in it', async () => {
    const mail = { address: 'mei@example.com', code: '012345', network: 'Lobby\r\nBcc: all@example.com', minutes: 10 };
    for (const locale of ['en', 'zh-CN']) {
      await createCodeSender({ from: 'hello@harbour.example' })({ ...mail, locale });
      const { Destination, Content } = capture.last().body as unknown as SesBody;
      expect(Destination).toEqual({ ToAddresses: ['mei@example.com'] });
      expect(Content.Simple.Subject.Data).toMatch(/^[^\r\n]*Lobby Bcc: all@example.com[^\r\n]*$/);
      expect(Content.Simple.Subject.Data).not.toContain('012345');
      expect(Content.Simple.Body.Text.Data).toMatch(/^012345\n/);
      expect(Content.Simple.Body.Html).toBeUndefined();
    }
    capture.answerWith({ status: 400 });
    const refused = createCodeSender({ from: 'hello@harbour.example' })({ ...mail, locale: 'en' });
    await expect(refused).rejects.toMatchObject({ name: 'ChannelError', meaning: 'rejected' });
  });
});

describe('escaping for HTML', () => {
  it('leaves no markup, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", ';', 'a', 'm', 'p', 'l', 't', '#') }),
        (text) => {
          const escaped = escapeHtml(text);
          expect(escaped).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
          const back: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
          expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => back[name] ?? '?')).toBe(text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
