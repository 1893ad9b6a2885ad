import { expect, it } from 'vitest';
import { deletePlace } from '#functions/catalogue/places.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { getEntry, putEntry } from '#store/catalogue.ts';
import type { Tenant } from '#store/keys.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

const brand: Tenant = { kind: 'brand', id: BRAND };

it('a place is taken away once no screen stands there, by its owner', async () => {
  const shop = await openShop();
  const remove = (tenant: Tenant) => {
    const caller = { subject: 'tester', tenant, role: 'operator' } as const;
    return deletePlace({ runtime: shop.process(), caller, path: { placeId: 's1' } } as unknown as HttpRequest);
  };
  const screen = { screenId: 'wall', name: 'Wall', placeId: 's1', tagIds: [] };
  await putEntry(shop.db, brand, 'screen', { id: 'wall', body: screen });
  await expect(remove(brand)).rejects.toMatchObject({ status: 422, message: expect.stringContaining('wall') });
  await putEntry(shop.db, brand, 'screen', { id: 'wall', body: { ...screen, placeId: 's2' } });
  await expect(remove({ kind: 'venue', id: BRAND })).rejects.toMatchObject({ status: 404 });
  expect(await getEntry(shop.db, brand, 'place', 's1')).toBeDefined();
  expect(await remove(brand)).toEqual({ status: 204 });
  expect(await getEntry(shop.db, brand, 'place', 's1')).toBeUndefined();
  await expect(remove(brand)).rejects.toMatchObject({ status: 404 });
});
