import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace } from '#test/support/builders.ts';

const SETTINGS = {
  timeZone: 'Europe/London',
  offersPerSignal: 2,
  perPerson: { count: 3, window: 'P1D' },
  perPersonPerPlace: { count: 2, window: 'PT12H' },
};

describe('what holds for all campaigns of a brand', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'beckon-'));
  let beckon: Beckon;
  beforeAll(async () => {
    beckon = await startBeckon({ dataDir, keepData: true });
  });
  afterAll(async () => {
    await beckon.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const brand = async () => (await beckon.call('GET', '/v1/brand', 'marketer')).body;

  it('is one offer for a signal, and no caps, until the brand says otherwise', async () => {
    expect(await brand()).toEqual({ brandId: beckon.brand, timeZone: expect.any(String), offersPerSignal: 1 });
  });

  it('is set as a whole, and read as it was set', async () => {
    const answer = await beckon.call('PUT', '/v1/brand', 'marketer', SETTINGS);
    expect([answer.status, answer.body]).toEqual([200, { brandId: beckon.brand, ...SETTINGS }]);
    expect(await brand()).toEqual({ brandId: beckon.brand, ...SETTINGS });
    const bare = { timeZone: 'Asia/Shanghai' };
    expect((await beckon.call('PUT', '/v1/brand', 'marketer', bare)).status).toBe(200);
    expect(await brand()).toEqual({ brandId: beckon.brand, ...bare, offersPerSignal: 1 });
  });

  it('outlives a host that is started again', async () => {
    await beckon.call('PUT', '/v1/brand', 'marketer', SETTINGS);
    await beckon.stop();
    beckon = await startBeckon({ dataDir, keepData: true });
    expect(await brand()).toEqual({ brandId: beckon.brand, ...SETTINGS });
  });

  it('names the clock of imported places that name none', async () => {
    const feature = { type: 'Feature', id: 'imported', geometry: { type: 'Point', coordinates: [0, 51] } };
    const body = { type: 'FeatureCollection', features: [{ ...feature, properties: { name: 'A', radiusM: 50 } }] };
    expect((await beckon.call('POST', '/v1/places/import', 'marketer', body)).body.imported).toBe(1);
    expect((await beckon.call('GET', '/v1/places/imported', 'marketer')).body.timeZone).toBe('Europe/London');
  });

  it('brings as many offers for a signal as it says, by priority, within its caps; its venues stay its venues', async () => {
    // The operator is the venue's: the brand reaches this place only while the venue is among its own.
    expect((await beckon.call('PUT', '/v1/places/venue-place', 'operator', aPlace())).status).toBe(200);
    expect((await beckon.call('PUT', '/v1/people/mei', 'app', aPerson('mei'))).status).toBe(200);
    for (const [campaignId, priority] of Object.entries({ bread: 3, milk: 2, tea: 1 })) {
      const campaign = aCampaign({ priority, limits: { stock: 10 } });
      expect((await beckon.call('PUT', `/v1/campaigns/${campaignId}`, 'marketer', campaign)).status).toBe(200);
      expect((await beckon.call('POST', `/v1/campaigns/${campaignId}/launch`, 'marketer')).status).toBe(200);
    }
    const first = await outcomes(beckon, 'first', 'venue-place');
    expect(first.map(({ campaignId, outcome }) => [campaignId, outcome]).sort()).toEqual([
      ['bread', 'offered'],
      ['milk', 'offered'],
      ['tea', 'skipped'],
    ]);
    expect(told(first, 'tea')).toMatch(/milk goes first .*; one signal brings at most 2 offers/);
    const again = await outcomes(beckon, 'again', 'venue-place');
    expect(again.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(told(again, 'bread')).toMatch(/had 2 of all the brand’s offers at this place in the last 12 hours/);
    // Elsewhere the brand's cap leaves one of three.
    expect((await beckon.call('PUT', '/v1/places/own-place', 'marketer', aPlace())).status).toBe(200);
    const elsewhere = await outcomes(beckon, 'elsewhere', 'own-place');
    expect(elsewhere.filter(({ outcome }) => outcome === 'offered').map(({ campaignId }) => campaignId)).toEqual([
      'bread',
    ]);
    expect(told(elsewhere, 'milk')).toMatch(
      /bread goes first .* all they may have of all the brand’s offers in 1 day \(3\)/,
    );
    const { body } = await beckon.call('GET', '/v1/people/mei/coupons', 'marketer');
    expect(body.items).toHaveLength(3);
  });
});

type Told = { signalId: string; campaignId: string; outcome: string; reasons: { text: string }[] };

async function outcomes(beckon: Beckon, id: string, placeId: string): Promise<Told[]> {
  const at = new Date().toISOString();
  const subject = { kind: 'device', value: 'phone-mei' };
  const signals = [{ id, kind: 'geofence.enter', at, subject, placeId }];
  expect((await beckon.call('POST', '/v1/signals', 'app', { signals })).status).toBe(202);
  return await eventually(async () => {
    const { body } = await beckon.call('GET', '/v1/people/mei/decisions', 'marketer');
    const decisions = body.items.filter(({ signalId }: Told) => signalId === id);
    return decisions.length > 0 ? decisions : undefined;
  });
}

const told = (decisions: Told[], campaignId: string): string | undefined =>
  decisions.find((decision) => decision.campaignId === campaignId)?.reasons.at(-1)?.text;
