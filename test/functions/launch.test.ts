import { expect, it } from 'vitest';
import { launchCampaign } from '#functions/catalogue/campaigns.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { getEntry, putEntry, putMeta } from '#store/catalogue.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

it('a campaign that names a place nobody has is not launched; one at its own and its venues’ places is', async () => {
  const shop = await openShop();
  const venue = { kind: 'venue', id: 'mall' } as const;
  const stranger = { kind: 'venue', id: 'elsewhere' } as const;
  const place = await getEntry<{ name: string }>(shop.db, { kind: 'brand', id: BRAND }, 'place', 's1');
  await putMeta(shop.db, { kind: 'brand', id: BRAND }, { timeZone: 'UTC', venues: [venue.id] });
  await putEntry(shop.db, venue, 'place', { id: 'atrium', body: { ...place, placeId: 'atrium' } });
  await putEntry(shop.db, stranger, 'place', { id: 'theirs', body: { ...place, placeId: 'theirs' } });
  const launch = async (placeIds: string[]) => {
    await shop.putCampaign('milk', { trigger: { on: ['geofence.enter'], placeIds } }, 'draft');
    const caller = { subject: 'tester', tenant: { kind: 'brand', id: BRAND }, role: 'marketer' } as const;
    return launchCampaign({ runtime: shop.process(), caller, path: { campaignId: 'milk' } } as unknown as HttpRequest);
  };
  await expect(launch(['s1', 'S1', 'atrium', 'theirs'])).rejects.toMatchObject({
    status: 422,
    errors: [{ pointer: '/trigger/placeIds/1' }, { pointer: '/trigger/placeIds/3' }],
  });
  expect(await getEntry(shop.db, { kind: 'brand', id: BRAND }, 'campaign', 'milk')).toMatchObject({ state: 'draft' });
  expect(await launch(['s1', 'atrium'])).toMatchObject({ status: 200, body: { state: 'live' } });
  expect(await launch([])).toMatchObject({ status: 200 });
});
