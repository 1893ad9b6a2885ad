import { expect, it } from 'vitest';
import { putEntry } from '#store/catalogue.ts';
import { entryOf } from '#store/ledger.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

it('a hundred campaigns for others at one door do not crowd out the one that is for this person', async () => {
  const shop = await openShop({ limits: { stock: 10 }, priority: 0 });
  const nobody = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };
  const segment = { segmentId: 'gold', name: 'Gold', rule: nobody };
  await putEntry(shop.db, { kind: 'brand', id: BRAND }, 'segment', { id: 'gold', body: segment });
  for (let index = 0; index < 120; index += 1) {
    await shop.putCampaign(`gold-${index}`, { audience: { segmentId: 'gold' }, limits: { stock: 5 }, priority: 10 });
  }
  await shop.person('mei');
  await shop.enter('mei', shop.process());
  const [decisions = []] = shop.signals().map((row) => entryOf(row).decisions);
  expect(decisions).toHaveLength(100);
  expect(decisions.filter(({ outcome }) => outcome === 'offered')).toMatchObject([{ campaignId: 'milk' }]);
  expect(shop.coupons()).toMatchObject([{ campaignId: 'milk' }]);
});
