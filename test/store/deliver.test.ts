import { beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '#channels/channel.ts';
import type { Consent } from '#core/model/person.ts';
import { EVERYTHING } from '#core/people/consent.ts';
import { relay } from '#functions/relay/relay.ts';
import { type DeliverMessage, deliver } from '#functions/shared/deliver.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { putPerson, withdraw } from '#store/people.ts';
import { aCampaign, aPerson } from '#test/support/builders.ts';
import { BRAND, openShop, type Shop } from './shop.ts';

const TEA = { ...aCampaign().message, programme: 'tea-club' };
const DAIRY = { audience: { segmentId: 'dairy' } };
let shop: Shop;
let runtime: Runtime;
let sent: Delivery[];

/** Mei comes in and is granted a coupon; its message waits in the queue as the relay puts it there. */
async function granted(changes: Parameters<typeof openShop>[0] = {}): Promise<DeliverMessage> {
  shop = await openShop(changes);
  const messages: DeliverMessage[] = [];
  runtime = {
    ...shop.process(),
    send: async (_queue, bodies) => void messages.push(...(bodies.map(({ body }) => body) as DeliverMessage[])),
  };
  await shop.putSegment('dairy', {
    name: 'Dairy',
    rule: { combinator: 'and', rules: [{ field: 'boughtDairy90d', operator: '>=', value: 3 }] },
  });
  await shop.person('mei');
  await shop.enter('mei', runtime);
  await relay(shop.offerRecords(), runtime);
  expect(messages).toMatchObject([{ personId: 'mei', channel: 'email' }]);
  return messages[0] as DeliverMessage;
}
const send = (message: DeliverMessage) =>
  deliver(runtime, { send: async (delivery) => ({ providerMessageId: `ses-${sent.push(delivery)}` }) }, message);
const end = (scopes: readonly Pick<Consent, 'purpose' | 'channel' | 'programme'>[]) => {
  shop.world.now += 1000;
  return withdraw(shop.db, BRAND, 'mei', { scopes, source: 'desk', now: shop.world.now });
};

beforeEach(() => {
  sent = [];
});

describe('what was granted before a mind was changed', () => {
  it.each([
    ['nothing at all', {}, []],
    ['another channel', {}, [{ purpose: 'marketing', channel: 'sms' }]],
    ['another programme', { message: TEA }, [{ purpose: 'marketing', channel: 'any', programme: 'coffee-club' }]],
    ['a programme that the campaign is not of', {}, [{ purpose: 'marketing', channel: 'any', programme: 'tea-club' }]],
    ['sharing', {}, [{ purpose: 'sharing', channel: 'any' }]],
    ['personalisation, where everybody was meant', {}, [{ purpose: 'personalisation', channel: 'any' }]],
  ] as const)('is sent when %s was withdrawn', async (_, campaign, scopes) => {
    const message = await granted(campaign);
    if (scopes.length > 0) await end(scopes);
    await send(message);
    expect(sent).toMatchObject([{ address: 'mei@example.com' }]);
    expect(shop.coupons()).toMatchObject([{ send: 'SENT', providerMessageId: 'ses-1' }]);
  });

  it.each([
    ['the channel', {}, [{ purpose: 'marketing', channel: 'email' }]],
    ['marketing on any channel', {}, [{ purpose: 'marketing', channel: 'any' }]],
    ['everything', {}, EVERYTHING],
    ['the programme', { message: TEA }, [{ purpose: 'marketing', channel: 'any', programme: 'tea-club' }]],
    ['the programme by email', { message: TEA }, [{ purpose: 'marketing', channel: 'email', programme: 'tea-club' }]],
    ['location, by which they were seen', {}, [{ purpose: 'location', channel: 'any' }]],
    ['personalisation, by which they were chosen', DAIRY, [{ purpose: 'personalisation', channel: 'any' }]],
  ] as const)('is not sent when %s was withdrawn, and says why', async (_, campaign, scopes) => {
    const message = await granted(campaign);
    await end(scopes);
    await send(message);
    // The queue delivers again what it has delivered, also after they have come back.
    await putPerson(shop.db, BRAND, 'mei', {
      ...aPerson('mei'),
      consents: aPerson('mei').consents.map((consent) => ({
        ...consent,
        at: new Date(shop.world.now + 1000).toISOString(),
      })),
    });
    await send(message);
    expect(sent).toEqual([]);
    expect(shop.coupons()).toMatchObject([{ send: 'SKIPPED', sendReason: 'no-consent' }]);
  });

  it('is sent without a word of the profile when personalisation was withdrawn', async () => {
    const message = await granted();
    await end([{ purpose: 'personalisation', channel: 'any' }]);
    await send(message);
    expect(sent[0]?.body).toMatch(/^Hi there, come in/);
  });

  it('is not sent to who is a minor as it turns out, unless a guardian agrees', async () => {
    const message = await granted();
    const minor = { ...aPerson('mei'), attributes: { ...aPerson('mei').attributes, birthDate: '2015-01-01' } };
    await putPerson(shop.db, BRAND, 'mei', minor);
    await send(message);
    expect(shop.coupons()).toMatchObject([{ send: 'SKIPPED', sendReason: 'no-consent' }]);

    const another = await granted();
    const consents = minor.consents.map((consent) => ({ ...consent, guardian: true }));
    await putPerson(shop.db, BRAND, 'mei', { ...minor, consents });
    await send(another);
    expect(sent).toHaveLength(1);
  });
});
