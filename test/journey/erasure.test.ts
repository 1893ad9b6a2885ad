import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestId } from '#core/hash.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';
import { LOCAL, readQueues, readTables, searchFiles, searchStores, spellings } from '#test/support/byte-search.ts';

/** A person every one of whose words is found again, wherever it lies. */
const CANARY = {
  personId: 'canary-id-q7w8x9',
  device: 'canary-device-k3j4h5',
  phone: '+4915112349876',
  email: 'canary.mail.z6@nest.example',
  member: 'canary-member-p0o9',
  name: 'Kanarienvögelchen',
  attribute: 'canary-attribute-m5n6',
  source: 'canary-source-v3',
  proof: 'canary-proof-c2x1',
  line: 'canary-basket-line-b8',
  sku: 'canary-sku-g4f3',
  /** As the web shop knows them: another profile, linked to the first by a login. */
  onlineId: 'canary-online-id-r2t3',
  login: 'canary-login-y7u8',
  linkSource: 'canary-link-source-e1',
};
const WAIT_MS = 60_000;

/** A canary goes through every flow, is exported, is erased: and no byte of it is anywhere. */
describe('an erasure', () => {
  let beckon: Beckon;
  let words: string[] = Object.values(CANARY);
  let backup: Map<string, Record<string, unknown>[]>;
  let receipt: { receiptId: string; state: string };
  const coupon = { code: '', couponId: '', couponKey: '', campaignId: '' };
  const signalAt = new Date(Date.now() - 5000).toISOString();
  let positions: object[];
  let unsubscribe = '';

  beforeAll(async () => {
    beckon = await startBeckon({ keepData: true });
  });
  afterAll(async () => {
    await beckon?.stop();
    if (beckon) rmSync(beckon.dataDir, { recursive: true, force: true });
  });

  const call = async (method: string, to: string, body?: unknown, as: 'marketer' | 'app' | 'till' = 'marketer') => {
    const answer = await beckon.call(method, to, as, body);
    expect(answer.status, `${method} ${to}: ${answer.text}`).toBeLessThan(300);
    return answer;
  };
  const canary = () => ({
    identifiers: [
      { kind: 'device', value: CANARY.device },
      { kind: 'phone', value: CANARY.phone },
      { kind: 'email', value: CANARY.email },
      { kind: 'member', value: CANARY.member },
    ],
    attributes: { firstName: CANARY.name, note: CANARY.attribute },
    consents: aPerson('canary').consents.map((consent) => ({
      ...consent,
      source: CANARY.source,
      proof: CANARY.proof,
    })),
  });
  const queue = async (name: string, body: unknown) => {
    const client = new SQSClient({ endpoint: beckon.endpoints.sqs, region: 'us-east-1', credentials: LOCAL });
    const QueueUrl = `${beckon.endpoints.sqs}/000000000000/beckon-${name}`;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    client.destroy();
  };
  /** A message of somebody that nobody can handle. */
  const poison = (personId: string, email: string) => ({
    brand: beckon.brand,
    nonsense: true,
    personId,
    subject: { kind: 'email', value: email },
  });
  const deadLetters = (): string[] =>
    [...readQueues(beckon.dataDir)].flatMap(([name, messages]) => (name.includes('-dead') ? messages : []));
  const signal = () => ({ kind: 'beacon.near', at: signalAt, subject: { kind: 'phone', value: CANARY.phone } });
  const found = () => searchStores(beckon, words);
  const sawDecisions = (atLeast: number) =>
    eventually(async () => {
      const { body } = await beckon.call('GET', `/v1/people/${CANARY.personId}/signals`, 'marketer');
      return body.items?.length >= atLeast ? body.items : undefined;
    }, WAIT_MS);

  it('is of somebody who has been everywhere', async () => {
    await call('PUT', '/v1/places/s1', aPlace());
    await call(
      'PUT',
      '/v1/campaigns/milk',
      aCampaign({ limits: { stock: 50, perPerson: { count: 1, window: 'P7D' } } }),
    );
    await call('POST', '/v1/campaigns/milk/launch');
    await call('PUT', `/v1/people/${CANARY.personId}`, canary());
    await call('PUT', '/v1/people/bystander', aPerson('bystander'));

    await call('PUT', `/v1/people/${CANARY.onlineId}`, { identifiers: [{ kind: 'wechat', value: CANARY.login }] });
    await call('POST', '/v1/people/links', {
      a: { kind: 'wechat', value: CANARY.login },
      b: { kind: 'email', value: CANARY.email },
      evidence: 'login',
      source: CANARY.linkSource,
      at: signalAt,
    });

    // At the brand's own WiFi, by a word of its app.
    const portal = { networkName: 'Harbour', brands: [{ brand: beckon.brand, name: 'Harbour Dairy' }] };
    await call('PUT', '/v1/connectors/own-wifi', {
      kind: 'meraki',
      name: 'Shop',
      secret: { validator: 'the-validator-of-the-shop', secret: 'the-secret-of-the-shop' },
      places: { '00:18:0a:11:22:33': { placeId: 's1' } },
      brands: [beckon.brand],
      portal,
    });
    const { body: handed } = await call('POST', `/v1/people/${CANARY.personId}/handover`);
    await throughThePortal(handed.token);

    const now = Date.now();
    positions = [20, 10, 0].map((seconds) => ({
      deviceId: CANARY.device,
      at: new Date(now - seconds * 1000).toISOString(),
      ...HOME,
      accuracyM: 8,
    }));
    await call('POST', '/v1/positions', { positions }, 'app');
    await call('POST', '/v1/signals', { signals: [signal()] }, 'app');
    await sawDecisions(3);
    const mail = await eventually(async () => {
      const { items } = (await beckon.call('GET', '/local/inbox', 'nobody')).body;
      return items.find(({ to, headers }: { to: string; headers?: object }) => to === CANARY.email && headers);
    }, WAIT_MS);
    unsubscribe = /<(http[^>]+)>/.exec(mail.headers['List-Unsubscribe'])?.[1] ?? '';
    const [issued] = (await call('GET', `/v1/people/${CANARY.personId}/coupons`)).body.items;
    Object.assign(coupon, issued);
    const sale = {
      redemptionId: 'r-canary',
      placeId: 's1',
      tillId: 'till-1',
      basket: { total: 2300, currency: 'CNY' },
    };
    await call('POST', `/v1/coupons/${coupon.code}/redeem`, sale, 'till');
    await call('POST', '/v1/purchases', purchase());
    await queue('signals', poison(CANARY.personId, CANARY.email));
    await queue('signals', poison('bystander', 'bystander@example.com'));
    await eventually(async () => (deadLetters().length >= 2 ? true : undefined), WAIT_MS);
    backup = await readTables(beckon.endpoints.dynamodb);
  });

  const purchase = () => ({
    purchaseId: 'order-4711',
    at: signalAt,
    channel: 'online',
    region: 'Hafen',
    person: { kind: 'email', value: CANARY.email },
    lines: [{ sku: CANARY.sku, name: CANARY.line, category: 'dairy', quantity: 1, amount: 900 }],
    total: 900,
    currency: 'CNY',
  });

  async function throughThePortal(handover: string): Promise<void> {
    const query = new URLSearchParams({
      base_grant_url: 'https://n143.network-auth.com/splash/grant',
      user_continue_url: 'http://ask.com/',
      node_mac: '00:18:0a:11:22:33',
      client_mac: 'de:ad:be:ef:00:01',
    });
    const jar = new Map<string, string>();
    const post = async (form: Record<string, string>) => {
      const answer = await fetch(`${beckon.url}/w/own-wifi?${query}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        body: new URLSearchParams(form),
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        jar.set(name, value);
      }
      expect(answer.status, await answer.text()).toBeLessThan(400);
    };
    await post({ action: 'handover', handover });
    await post({ action: 'online', choices: '1', sharing: beckon.brand, marketing: beckon.brand });
  }

  it('is preceded by an export that has every word of them', async () => {
    const { body, text } = await call('GET', `/v1/people/${CANARY.personId}/export`);
    for (const word of Object.values(CANARY)) expect(text, word).toContain(word);
    expect(body.version).toBe(1);
    const { presence, guests, purchases, coupons, messages, signals } = body;
    expect(presence).toMatchObject([{ deviceId: CANARY.device, state: { fix: HOME } }]);
    expect(guests.map(({ entity }: { entity?: string }) => entity)).toContain('guest');
    expect(purchases).toMatchObject([{ purchaseId: 'order-4711' }]);
    expect(coupons).toMatchObject([{ state: 'redeemed', code: coupon.code }]);
    expect(messages).toMatchObject([{ state: 'SENT' }]);
    const kinds = signals.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['wifi.join', 'geofence.enter', 'beacon.near']));
    const page = await beckon.call('GET', `/v1/people/${CANARY.personId}/export`, 'marketer', undefined, {
      accept: 'text/html',
    });
    expect(page.headers.get('content-type')).toContain('text/html');
    for (const word of [CANARY.name, CANARY.phone, '您的资料']) expect(page.text).toContain(word);
    // And what follows from them: the numbers of their guest, signals and coupons.
    const portal = body.profiles[0].identifiers.find(({ kind }: { kind: string }) => kind === 'portal');
    const guestId = portal.value.slice(beckon.brand.length + 1);
    const at = new Date(signalAt).toISOString();
    const unkeyed = digestId('signal', 'beacon.near', 'phone', CANARY.phone, '', '', '', at);
    const signalIds = signals.map(({ signalId }: { signalId: string }) => signalId);
    expect(signalIds).toContain(unkeyed);
    words = [...words, guestId, coupon.couponId, ...signalIds];
    const inBackup = JSON.stringify([...backup]);
    expect(spellings(CANARY.email).some((form) => inBackup.includes(form))).toBe(true);
  });

  it('finds nothing that the search would not', async () => {
    const where = new Set((await found()).map((finding) => `${finding.where.split(':')[0]}`));
    expect([...where].filter((name) => name.startsWith('table')).sort()).toEqual(
      expect.arrayContaining(['table beckon-offers', 'table beckon-people', 'table beckon-presence']),
    );
    expect([...where].filter((name) => name.startsWith('queue'))).not.toEqual([]);
    // Every single word is found somewhere: a search that cannot find proves nothing.
    const hits = new Set((await found()).map(({ word }) => word));
    expect(words.filter((word) => !hits.has(word))).toEqual([]);
  });

  it('leaves no byte of them in any table or queue', async () => {
    const before = deadLetters().length;
    const answer = await call('DELETE', `/v1/people/${CANARY.personId}`);
    receipt = answer.body;
    expect(receipt.state).toBe('done');
    expect(await found()).toEqual([]);
    expect(deadLetters()).toHaveLength(before - 1);
    expect((await beckon.call('GET', `/v1/people/${CANARY.personId}`, 'marketer')).status).toBe(404);
    expect((await beckon.call('GET', `/v1/people/${CANARY.personId}/export`, 'marketer')).status).toBe(404);
    expect((await call('DELETE', `/v1/people/${CANARY.onlineId}`)).body).toEqual(receipt);
    expect((await call('GET', '/v1/people/bystander')).body.identifiers).toHaveLength(2);
    // Again: the same; and the list of all receipts names nobody.
    expect((await call('DELETE', `/v1/people/${CANARY.personId}`)).body).toEqual(receipt);
    const receipts = await call('GET', '/v1/erasures');
    expect(receipts.body.items).toEqual([receipt]);
    expect(words.filter((word) => receipts.text.includes(word))).toEqual([]);
  });

  it('holds against whatever comes after it', async () => {
    const refused = await beckon.call('PUT', `/v1/people/${CANARY.personId}`, 'marketer', canary());
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:beckon:problem:erased']);
    const line = JSON.stringify({ personId: CANARY.personId, ...canary() });
    const imported = await beckon.call('POST', '/v1/people/import?format=ndjson', 'marketer', line, {
      'content-type': 'application/x-ndjson',
    });
    expect(imported.body, imported.text).toMatchObject({ rejected: [{ reason: 'erased', pointer: '/personId' }] });
    await replay();
    const sale = { redemptionId: 'r-2', placeId: 's1', tillId: 'till-1' };
    expect((await beckon.call('POST', `/v1/coupons/${coupon.code}/redeem`, 'till', sale)).status).toBe(404);
    const rollback = { redemptionId: 'r-canary', placeId: 's1', tillId: 'till-1', reason: 'returned' };
    expect((await beckon.call('POST', `/v1/coupons/${coupon.code}/rollback`, 'till', rollback)).status).toBe(404);
    const done = await fetch(unsubscribe, { method: 'POST', body: 'List-Unsubscribe=One-Click' });
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Done.')]);
    expect(await found()).toEqual([]);
  });

  /** Everything that an old client or an old queue may still have, once more; resolves when all of it is handled. */
  async function replay(): Promise<void> {
    const nobodys = async () =>
      ((await readTables(beckon.endpoints.dynamodb)).get('beckon-offers') ?? []).filter(({ pk }) =>
        JSON.stringify(pk).includes('#A#'),
      ).length;
    await call('POST', '/v1/positions', { positions }, 'app');
    await call('POST', '/v1/signals', { signals: [signal()] }, 'app');
    await call('POST', '/v1/purchases', purchase());
    const row = [...(backup.get('beckon-offers') ?? [])].find(
      (item) => JSON.stringify(item.entity) === '{"S":"coupon"}',
    );
    const { couponKey } = row as { couponKey: { S: string } };
    await queue('email', {
      brand: beckon.brand,
      couponKey: couponKey.S,
      couponId: coupon.couponId,
      campaignId: coupon.campaignId,
      personId: CANARY.personId,
      signalKind: 'geofence.enter',
      channel: 'email',
      freshUntil: Date.now() + 600_000,
      expiresAt: Date.now() + 600_000,
    });
    // A signal of nobody at the end of the queue says when the others have been handled.
    const marker = { kind: 'beacon.near', subject: { kind: 'device', value: `marker-${Date.now()}` } };
    const before = await nobodys();
    await call('POST', '/v1/signals', { signals: [{ ...marker, at: new Date().toISOString() }] }, 'app');
    await eventually(async () => ((await nobodys()) > before ? true : undefined), WAIT_MS);
    await eventually(async () => {
      const waiting = [...readQueues(beckon.dataDir)].filter(([name]) => !name.includes('-dead'));
      return waiting.every(([, messages]) => messages.length === 0) ? true : undefined;
    }, WAIT_MS);
  }

  it('holds when an old backup is restored and everything is replayed', async () => {
    await restore();
    expect((await call('GET', `/v1/people/${CANARY.personId}`)).body.attributes.note).toBe(CANARY.attribute);
    await replay();
    expect(await found()).not.toEqual([]);
    // What nobody can handle of somebody who was erased is not kept, not even now.
    const dead = deadLetters().length;
    await queue('signals', poison(CANARY.personId, CANARY.email));
    await queue('signals', poison('bystander', 'bystander@example.com'));
    await eventually(async () => (deadLetters().length > dead ? true : undefined), WAIT_MS);
    const reapply = ['local/erasures.ts', 'reapply', '--brand', beckon.brand, '--local', beckon.dataDir];
    const said = JSON.parse(execFileSync(process.execPath, reapply, { encoding: 'utf8' }));
    expect(said).toMatchObject({ profiles: 2 });
    expect(await found()).toEqual([]);
    expect((await call('GET', '/v1/people/bystander')).body.attributes.firstName).toBe('Mei');
    expect(JSON.parse(execFileSync(process.execPath, reapply, { encoding: 'utf8' }))).toMatchObject({
      profiles: 0,
      rows: 0,
    });
  });

  /** All items of the tables as they were before the erasure: but the tombstones, which are never restored with them. */
  async function restore(): Promise<void> {
    const client = new DynamoDBClient({ endpoint: beckon.endpoints.dynamodb, region: 'eu-west-1', credentials: LOCAL });
    for (const [table, items] of backup) {
      if (table.includes('tombstones') || table.includes('catalogue')) continue;
      for (let start = 0; start < items.length; start += 25) {
        const Requests = items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }) as WriteRequest);
        await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: Requests } }));
      }
    }
    client.destroy();
  }

  it('leaves no byte of them in any file either', async () => {
    const { dataDir } = beckon;
    await beckon.stop();
    // The inbox stands for everybody's mail clients and phones: what has been sent is theirs.
    expect(searchFiles(dataDir, words, ['inbox.ndjson'])).toEqual([]);
    expect(searchFiles(dataDir, [CANARY.email], []).map(({ where }) => where)).toEqual(['file inbox.ndjson']);
  });

  it('ends when they agree again', async () => {
    beckon = await startBeckon({ keepData: true, dataDir: beckon.dataDir });
    const at = new Date().toISOString();
    const [consent] = canary().consents;
    const back = { ...canary(), consents: [{ ...consent, purpose: 'marketing', channel: 'email', granted: true, at }] };
    expect((await call('PUT', `/v1/people/${CANARY.personId}`, back)).body.personId).toBe(CANARY.personId);
    expect((await call('GET', `/v1/people/${CANARY.personId}/signals`)).body.items).toEqual([]);
  });
});
