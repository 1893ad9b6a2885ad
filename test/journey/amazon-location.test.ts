import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';

let beckon: Beckon;
beforeAll(async () => {
  // Places that are older than the choice of the locator are put at the first start with it.
  const embedded = await startBeckon({ keepData: true });
  expect((await embedded.call('PUT', '/v1/places/shop-1', 'marketer', aPlace())).status).toBe(200);
  await embedded.kill();
  beckon = await startBeckon({ dataDir: embedded.dataDir, env: { BECKON_LOCATOR: 'amazon' } });
});
afterAll(() => beckon.stop());

const must = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer, text } = await beckon.call(method, path, 'marketer', body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  return answer;
};
const asked = async (operation: string): Promise<{ Entries: { GeofenceId: string; Status: string }[] }> => {
  const { location } = beckon.endpoints as unknown as { location: string };
  const response = await fetch(`${location}/geofencing/v0/collections/beckon-places/${operation}`, {
    method: 'POST',
    body: '{}',
  });
  return (await response.json()) as { Entries: { GeofenceId: string; Status: string }[] };
};

describe('npm start with BECKON_LOCATOR=amazon', () => {
  it('offers a coupon to who walks in, by way of Amazon Location', async () => {
    await must('PUT', '/v1/campaigns/milk', aCampaign());
    await must('POST', '/v1/campaigns/milk/launch');
    await must('PUT', '/v1/people/mei', aPerson('mei'));
    const [geofence] = await eventually(async () => {
      const { Entries } = await asked('list-geofences');
      return Entries.length === 1 && Entries[0]?.Status === 'ACTIVE' ? Entries : undefined;
    }, 30_000);
    expect(geofence?.GeofenceId).toMatch(/^shop-1\./);
    const fix = (seconds: number, lat: number) => ({
      deviceId: 'phone-mei',
      at: new Date(Date.now() + seconds * 1000).toISOString(),
      lng: HOME.lng,
      lat,
      accuracyM: 8,
    });
    const positions = [fix(-40, HOME.lat + 0.01), fix(-20, HOME.lat)];
    expect((await beckon.call('POST', '/v1/positions', 'app', { positions })).status).toBe(202);
    const [coupon] = await eventually(async () => {
      const { items } = await must('GET', '/v1/people/mei/coupons');
      return items.length > 0 ? items : undefined;
    }, 30_000);
    expect(coupon).toMatchObject({ campaignId: 'milk' });
    const { items } = await must('GET', '/v1/people/mei/decisions');
    expect(items[0]).toMatchObject({ outcome: 'offered' });
  });

  it('brings all places there again after a start at which it had forgotten them', async () => {
    await beckon.kill();
    beckon = await startBeckon({ dataDir: beckon.dataDir, env: { BECKON_LOCATOR: 'amazon' } });
    await eventually(async () => ((await asked('list-geofences')).Entries.length === 1 ? true : undefined), 30_000);
  });

  it('says where the places are, and takes them away', async () => {
    expect(await must('GET', '/v1/places/sync')).toMatchObject({ locator: 'amazon', items: [] });
    expect((await beckon.call('POST', '/v1/places/sync', 'marketer')).body).toEqual({ places: 1 });
    expect((await beckon.call('DELETE', '/v1/places/shop-1', 'marketer')).status).toBe(204);
    await eventually(async () => ((await asked('list-geofences')).Entries.length === 0 ? true : undefined), 30_000);
  });
});
