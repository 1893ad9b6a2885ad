import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';

const TILLS = 200;
const UNKNOWN = '0000-0000-0000-0';
type Coupon = { couponId: string; code: string; qrCode: string; state: string };
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe('a coupon at the tills', () => {
  let beckon: Beckon;
  const people = ['mei', 'bo', 'ana', 'kai'];
  beforeAll(async () => {
    beckon = await startBeckon();
    await put('/v1/places/s1', aPlace());
    await put(
      '/v1/places/far',
      aPlace({ geometry: { type: 'Point', coordinates: [HOME.lng + 1, HOME.lat] }, tags: [] }),
    );
    for (const name of people) await put(`/v1/people/${name}`, aPerson(name));
    await put('/v1/campaigns/milk', aCampaign());
    expect((await beckon.call('POST', '/v1/campaigns/milk/launch', 'marketer')).status).toBe(200);
    const now = Date.now();
    const positions = people.flatMap((name) =>
      [20, 10, 0].map((seconds) => ({
        deviceId: `phone-${name}`,
        at: new Date(now - seconds * 1000).toISOString(),
        ...HOME,
        accuracyM: 8,
      })),
    );
    expect((await beckon.call('POST', '/v1/positions', 'app', { positions })).status).toBe(202);
  });
  afterAll(() => beckon.stop());

  const put = async (path: string, body: unknown) => {
    const answer = await beckon.call('PUT', path, 'marketer', body);
    expect(answer.status, answer.text).toBe(200);
  };
  const couponOf = (name: string): Promise<Coupon> =>
    eventually(async () => (await beckon.call('GET', `/v1/people/${name}/coupons`, 'marketer')).body.items[0]);
  const ask = (
    action: string,
    code: string,
    redemptionId: string,
    more: object = {},
    as: 'till' | 'associate' = 'till',
  ) =>
    beckon.call('POST', `/v1/coupons/${code}/${action}`, as, { redemptionId, placeId: 's1', tillId: 't-1', ...more });
  const seen = ({ status, text }: Answer) => [status, text];

  it(`is redeemed by one of ${TILLS} at once, who gets the same answer ever after`, async () => {
    const { code, qrCode } = await couponOf('mei');
    expect([code, qrCode]).toEqual([
      expect.stringMatching(/^(\w{4}-){3}\w$/),
      expect.stringMatching(/^(\w{4}-){4}\w$/),
    ]);
    const redeem = (n: number) => ask('redeem', n % 2 === 0 ? code : qrCode, `r-${n}`, { tillId: `t-${n}` });
    const answers = await Promise.all(times(TILLS, redeem));
    const counts = Map.groupBy(answers, ({ status }) => status);
    expect([...counts].map(([status, of]) => [status, of.length]).sort()).toEqual([
      [200, 1],
      [409, TILLS - 1],
    ]);
    const winner = answers.findIndex(({ status }) => status === 200);
    const again = await Promise.all(times(20, () => redeem(winner)));
    for (const answer of again) expect(seen(answer)).toEqual(seen(answers[winner] as Answer));
    const other = await ask('redeem', code, `r-${winner}`, { tillId: 'elsewhere' });
    expect([other.status, other.body.errors[0].pointer]).toEqual([422, '/redemptionId']);
    expect((await couponOf('mei')).state).toBe('redeemed');
  });

  it('is reserved, committed with its basket, rolled back, and used once more', async () => {
    const { code, qrCode, couponId } = await couponOf('bo');
    const reserved = await ask('reserve', qrCode, 'r-1');
    expect([reserved.status, reserved.body]).toEqual([
      200,
      expect.objectContaining({ state: 'reserved', couponId, redemptionId: 'r-1', campaignId: 'milk' }),
    ]);
    const held = Date.parse(reserved.body.reservedUntil) - Date.parse(reserved.body.reservedAt);
    expect(held).toBe(15 * 60_000);
    expect((await couponOf('bo')).state).toBe('reserved');
    const refused = await ask('redeem', code, 'r-2');
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:beckon:problem:coupon-reserved']);
    const elsewhere = await ask('redeem', code, 'r-1', { placeId: 'far' });
    expect([elsewhere.status, elsewhere.body.errors[0].pointer]).toEqual([422, '/placeId']);
    const basket = { total: 2300, currency: 'CNY' };
    const redeemed = await ask('redeem', code, 'r-1', { basket });
    expect([redeemed.status, redeemed.body]).toEqual([
      200,
      expect.objectContaining({ state: 'redeemed', discount: { amount: 500, currency: 'CNY' } }),
    ]);

    const reason = { tillId: 'desk', reason: 'wrong cup' };
    const undone = await ask('rollback', qrCode, 'r-1', reason, 'associate');
    expect([undone.status, undone.body]).toEqual([
      200,
      expect.objectContaining({ state: 'issued', redemptionId: 'r-1', couponId, ...reason }),
    ]);
    expect(seen(await ask('rollback', code, 'r-1', reason))).toEqual(seen(undone));
    expect((await couponOf('bo')).state).toBe('issued');
    const late = await ask('redeem', code, 'r-1', { basket });
    expect([late.status, late.body.type]).toEqual([409, 'urn:beckon:problem:redemption-conflict']);
    expect((await ask('redeem', code, 'r-3')).status).toBe(200);
    expect((await ask('redeem', code, 'r-4')).status).toBe(409);
    expect((await ask('rollback', code, 'r-4')).status).toBe(409);
    expect(seen(await ask('rollback', code, 'r-1', reason))).toEqual(seen(undone));
    expect((await couponOf('bo')).state).toBe('redeemed');
  });

  it('is not redeemed where nobody knows, in another currency, or by whoever is no till', async () => {
    const { code } = await couponOf('ana');
    expect((await ask('redeem', code, 'r-1', { placeId: 'nowhere' })).status).toBe(422);
    const foreign = await ask('redeem', code, 'r-1', { basket: { total: 1, currency: 'USD' } });
    expect([foreign.status, foreign.body.errors[0].pointer]).toEqual([422, '/basket']);
    for (const action of ['reserve', 'redeem', 'rollback']) {
      const body = { redemptionId: 'r-1', placeId: 's1', tillId: 't-1' };
      expect((await beckon.call('POST', `/v1/coupons/${code}/${action}`, 'app', body)).status).toBe(403);
    }
    expect((await couponOf('ana')).state).toBe('issued');
  });

  it('is safe from a till that guesses, and from nothing that another till does', async () => {
    const { code } = await couponOf('kai');
    // Eleven in one minute, whichever minute that is: at its end they may be spread over two.
    const answers = await Promise.all(times(21, (n) => ask('redeem', UNKNOWN, `g-${n}`)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 404).length + refused.length).toBe(21);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body, headers } of refused) {
      expect(body.type).toBe('urn:beckon:problem:too-many-attempts');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    const missed = answers.filter(({ status }) => status === 404).map(({ text }) => text);
    expect(new Set(missed).size).toBe(1);
    // The local till and associate have tokens of their own, as two tills have.
    expect((await ask('redeem', code, 'r-1', {}, 'associate')).status).toBe(200);
  });
});
