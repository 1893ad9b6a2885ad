import { expect, it } from 'vitest';
import { engage } from '#functions/engage/engage.ts';
import { linkIdentifiers } from '#functions/people/link.ts';
import { unlink } from '#store/links.ts';
import { getPerson, putPerson } from '#store/people.ts';
import { aPerson } from '#test/support/builders.ts';
import { BRAND, openShop } from './shop.ts';

const OLDER = '2026-11-01T08:00:00Z';

it('a phone seen before anybody logged in on it brings its visits along, and takes them with it', async () => {
  const shop = await openShop({ limits: { perPerson: { count: 1, window: 'P7D' }, stock: 100 } });
  const { db, world } = shop;
  await putPerson(db, BRAND, 'phone', {
    identifiers: [{ kind: 'device', value: 'phone-1' }],
    attributes: {},
    consents: [{ purpose: 'location', channel: 'any', granted: true, at: OLDER, source: 'app' }],
  });
  const mei = aPerson('mei', {
    identifiers: [
      { kind: 'member', value: 'm-mei' },
      { kind: 'email', value: 'mei@example.com' },
    ],
  });
  await putPerson(db, BRAND, 'mei', mei);
  const enter = (signalId: string) => {
    const at = new Date(world.now).toISOString();
    const subject = { kind: 'device' as const, value: 'phone-1' };
    const where = { placeId: 's1', subject, occurredAt: at, receivedAt: at };
    return engage(
      { signalId, brand: BRAND, kind: 'geofence.enter', source: 'api', trust: 'T1', ...where },
      shop.process(),
    );
  };
  const both = () => Promise.all(['phone', 'mei'].map((id) => getPerson(db, BRAND, id)));
  const seen = async () => (await both()).map((one) => one?.person.behaviour?.visits.length ?? 0);

  await enter('alone');
  expect(await seen()).toEqual([1, 0]);
  expect(shop.coupons()).toHaveLength(0);
  const before = await both();

  const said = { evidence: 'login' as const, source: 'app', at: new Date(world.now).toISOString() };
  const ends = { a: { kind: 'device' as const, value: 'phone-1' }, b: { kind: 'member' as const, value: 'm-mei' } };
  const linked = await linkIdentifiers(shop.process(), BRAND, { ...ends, ...said });
  if ('refused' in linked) throw new Error(linked.refused);
  expect(await seen()).toEqual([1, 1]);
  await unlink(db, BRAND, { personId: 'mei', linkId: linked.linkId, at: world.now + 1, by: 'tester' });
  const after = await both();
  // Being linked raises versions; nothing else is left of it.
  const told = (all: typeof before) => all.map((one) => one && { ...one, standing: { ...one.standing, version: 0 } });
  expect(told(after)).toEqual(told(before));

  world.now += 3_600_000;
  const again = { ...ends, ...said, at: new Date(world.now).toISOString() };
  expect(await linkIdentifiers(shop.process(), BRAND, again)).toMatchObject({ state: 'linked' });
  // The location is the phone's consent, the marketing and the address are Mei's.
  await enter('together');
  expect(shop.coupons()).toHaveLength(1);
  expect(await seen()).toEqual([2, 2]);
  world.now += 3_600_000;
  await enter('once more');
  expect(shop.coupons()).toHaveLength(1);
});
