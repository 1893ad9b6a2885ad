import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATES } from '#core/model/decision.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';

describe('from a position to a redeemed coupon', () => {
  let beckon: Beckon;
  beforeAll(async () => {
    beckon = await startBeckon();
  });
  afterAll(() => beckon.stop());

  const put = async (path: string, body: unknown) => {
    const answer = await beckon.call('PUT', path, 'marketer', body);
    expect(answer.status, answer.text).toBe(200);
  };

  it('goes the whole way over HTTP', async () => {
    await put('/v1/places/s1', aPlace());
    await put('/v1/people/mei', aPerson('mei'));
    const rule = { combinator: 'and', rules: [{ field: 'boughtDairy90d', operator: '>=', value: 3 }] };
    await put('/v1/segments/dairy-lovers', { name: 'Dairy lovers', rule });
    const preview = await beckon.call('POST', '/v1/segments/dairy-lovers/preview', 'marketer');
    expect(preview.body).toEqual({ count: 1, of: 1, sample: [{ personId: 'mei' }], complete: true });
    await put('/v1/campaigns/milk', aCampaign({ audience: { segmentId: 'dairy-lovers' } }));
    expect((await beckon.call('POST', '/v1/campaigns/milk/launch', 'marketer')).body.state).toBe('live');

    const now = Date.now();
    const positions = [20, 10, 0].map((seconds) => ({
      deviceId: 'phone-mei',
      at: new Date(now - seconds * 1000).toISOString(),
      ...HOME,
      accuracyM: 8,
    }));
    const posted = await beckon.call('POST', '/v1/positions', 'app', { positions });
    expect([posted.status, posted.body]).toEqual([202, { accepted: 3, rejected: [] }]);

    const decision = await eventually(async () => {
      const { body } = await beckon.call('GET', '/v1/people/mei/decisions', 'marketer');
      return body.items[0];
    });
    expect(decision).toMatchObject({
      personId: 'mei',
      campaignId: 'milk',
      outcome: 'offered',
      couponId: expect.any(String),
    });
    expect(decision.reasons.map(({ gate }: { gate: string }) => gate)).toEqual(GATES);
    for (const reason of decision.reasons)
      expect(reason).toMatchObject({ passed: true, text: expect.stringMatching(/\w.*\.$/) });

    const coupon = (await beckon.call('GET', '/v1/people/mei/coupons', 'associate')).body.items[0];
    expect(coupon).toMatchObject({
      couponId: decision.couponId,
      campaignId: 'milk',
      state: 'issued',
      code: expect.stringMatching(/^(\w{4}-){3}\w$/),
    });

    const message = await eventually(async () => {
      const { body } = await beckon.call('GET', '/v1/people/mei/messages', 'marketer');
      return body.items.find(({ state }: { state: string }) => state === 'SENT');
    });
    expect(message).toMatchObject({ channel: 'email', couponId: coupon.couponId });
    const { items } = (await beckon.call('GET', '/local/inbox', 'nobody')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      channel: 'email',
      to: 'mei@example.com',
      headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
    expect(items[0].text).toContain(`Hi Mei, come in: ${coupon.code}`);
    expect(items[0].html).toContain(coupon.code);

    const redeem = (body: object) => beckon.call('POST', `/v1/coupons/${coupon.code}/redeem`, 'till', body);
    const first = { redemptionId: 'r-1', placeId: 's1', tillId: 'till-1', basket: { total: 2_300, currency: 'CNY' } };
    const redeemed = await redeem(first);
    expect([redeemed.status, redeemed.body.discount]).toEqual([200, { amount: 500, currency: 'CNY' }]);
    const again = await redeem(first);
    expect([again.status, again.text]).toEqual([200, redeemed.text]);
    const other = await redeem({ ...first, redemptionId: 'r-2', tillId: 'till-2' });
    expect([other.status, other.headers.get('content-type')]).toEqual([409, 'application/problem+json']);
    expect((await redeem({ ...first, basket: { total: 1, currency: 'CNY' } })).status).toBe(422);
    expect((await beckon.call('GET', '/v1/people/mei/coupons', 'marketer')).body.items[0].state).toBe('redeemed');
  });

  it('ends marketing at one click, and says so at the next gate', async () => {
    const { items } = (await beckon.call('GET', '/local/inbox', 'nobody')).body;
    const link = /<(http[^>]+)>/.exec(items[0].headers['List-Unsubscribe'])?.[1] ?? '';
    const page = await fetch(link);
    expect([page.status, (await page.text()).includes('<form method="post">')]).toEqual([200, true]);
    const before = (await beckon.call('GET', '/v1/people/mei', 'marketer')).body.consents;
    expect(before).not.toContainEqual(expect.objectContaining({ granted: false }));
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    expect((await fetch(link, { method: 'POST', body })).status).toBe(200);
    const after = (await beckon.call('GET', '/v1/people/mei', 'marketer')).body.consents;
    expect(after).toContainEqual(expect.objectContaining({ purpose: 'marketing', channel: 'email', granted: false }));
    expect(
      (
        await fetch(
          link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
          { method: 'POST', body },
        )
      ).status,
    ).toBe(404);
  });
});
