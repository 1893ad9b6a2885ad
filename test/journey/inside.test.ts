import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';

const WAIT_MS = 90_000;
const DWELL_SECONDS = 120;

let beckon: Beckon;
beforeAll(async () => {
  beckon = await startBeckon({ keepData: true });
  for (const [path, body] of [
    ['/v1/places/cafe', aPlace({ tags: ['cafe'] })],
    ['/v1/people/mei', aPerson('mei')],
    ['/v1/people/li', aPerson('li', { consents: [] })],
    ['/v1/campaigns/stay', campaign({ on: ['geofence.dwell'], dwellSeconds: DWELL_SECONDS })],
    ['/v1/campaigns/now', campaign({ on: ['geofence.enter'] })],
  ] as const) {
    expect((await beckon.call('PUT', path, 'marketer', body)).status).toBe(200);
  }
  expect((await beckon.call('POST', '/v1/campaigns/stay/launch', 'marketer')).status).toBe(200);
});
afterAll(async () => await beckon.stop());

const campaign = (trigger: { on: ('geofence.enter' | 'geofence.dwell')[]; dwellSeconds?: number }) =>
  aCampaign({ trigger: { ...trigger, placeTags: ['cafe'] }, limits: {} });

type Decision = { campaignId: string; outcome: string; reasons: { gate: string; passed: boolean }[] };
const decisionsOn = async (name: string, campaignId: string): Promise<Decision[]> => {
  const { body } = await beckon.call('GET', `/v1/people/${name}/decisions`, 'marketer');
  return body.items.filter((decision: Decision) => decision.campaignId === campaignId);
};
const signalsOf = async (name: string): Promise<{ kind: string; at: string }[]> =>
  (await beckon.call('GET', `/v1/people/${name}/signals`, 'marketer')).body.items;

it('a phone that says nothing more is told its dwell by a host that was killed meanwhile, and by one launched campaign what it missed', async () => {
  const now = Date.now();
  // In the café for a minute and three quarters, a fix each fifteen seconds, then silence.
  const positions = ['mei', 'li'].flatMap((name) =>
    Array.from({ length: 8 }, (_, i) => ({
      deviceId: `phone-${name}`,
      at: new Date(now - 105_000 + i * 15_000).toISOString(),
      lng: HOME.lng + (i % 2) * 0.0001,
      lat: HOME.lat,
      accuracyM: 5,
    })),
  );
  expect((await beckon.call('POST', '/v1/positions', 'app', { positions })).status).toBe(202);
  for (const name of ['mei', 'li']) {
    await eventually(async () => ((await signalsOf(name)).length > 0 ? true : undefined), WAIT_MS);
  }
  await beckon.kill();
  beckon = await startBeckon({ dataDir: beckon.dataDir });

  expect((await beckon.call('POST', '/v1/campaigns/now/launch', 'marketer')).status).toBe(200);
  const [launched] = await eventually(async () => {
    const decisions = await decisionsOn('mei', 'now');
    return decisions.length > 0 ? decisions : undefined;
  }, WAIT_MS);
  expect(launched?.outcome).toBe('offered');
  const [refused] = await eventually(async () => {
    const decisions = await decisionsOn('li', 'now');
    return decisions.length > 0 ? decisions : undefined;
  }, WAIT_MS);
  expect(refused?.reasons.at(-1)).toMatchObject({ gate: 'consent', passed: false });

  const [stayed] = await eventually(async () => {
    const decisions = await decisionsOn('mei', 'stay');
    return decisions.length > 0 ? decisions : undefined;
  }, WAIT_MS);
  expect(stayed?.outcome).toBe('offered');
  const signals = await signalsOf('mei');
  const kinds = signals.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(['geofence.dwell', 'geofence.enter', 'geofence.enter']);
  const at = (kind: string) => Math.min(...signals.filter((one) => one.kind === kind).map((one) => Date.parse(one.at)));
  expect(at('geofence.dwell') - at('geofence.enter')).toBe(DWELL_SECONDS * 1000);
  expect(await decisionsOn('mei', 'now')).toHaveLength(1);
});
