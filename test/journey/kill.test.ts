import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nobodysSignalId } from '#core/signals/nobodys.ts';
import type { Service } from '#local/host/dynamodb.ts';
import { startMail } from '#local/host/mailbox.ts';
import { freePort } from '#local/host/ports.ts';
import { type CapturedSms, startSmsCapture } from '#local/host/sms-capture.ts';
import { createRandom } from '#local/random.ts';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';

const KILLS = 20;
const PEOPLE = 60;
const STOCK = 35;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Providers that outlive the host: what they have taken was sent, whatever the host remembers. */
let mail: Service;
let phones: Service;
const texts: CapturedSms[] = [];
let env: Record<string, string>;

beforeAll(async () => {
  mail = await startMail();
  phones = await startSmsCapture((sms) => texts.push(sms));
  env = {
    PORT: String(await freePort()),
    AWS_ENDPOINT_URL_SESV2: mail.url,
    AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2: phones.url,
  };
});
afterAll(async () => {
  await mail.stop();
  await phones.stop();
});

it(`loses nothing and does nothing twice over ${KILLS} kills under load`, async () => {
  console.log(`SEED=${SEED}`);
  const random = createRandom(SEED);
  let beckon = await startBeckon({ env, keepData: true });
  await setUp(beckon);
  const load = startLoad(() => beckon);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(100 + random.next() * 900);
    await beckon.kill();
    beckon = await startBeckon({ env, dataDir: beckon.dataDir, keepData: kill < KILLS - 1 });
  }
  await load.stop();
  const poison = await sendPoison(beckon);

  const recordedAs = idsOfRecord(beckon);
  const accepted = new Set([...load.accepted].map(recordedAs));
  const ledger = await settled(beckon, accepted);
  const ids = ledger.signals.map(({ signalId }) => signalId as string);
  expect(new Set(ids).size).toBe(ids.length);
  const recorded = new Set(ids);
  expect([...accepted].filter((id) => !recorded.has(id))).toEqual([]);
  const sentIds = new Set([...load.sent].map(recordedAs));
  const tapped = ledger.signals.filter(({ kind }) => kind === 'nfc.tap').map(({ signalId }) => signalId as string);
  expect(tapped.filter((id) => !sentIds.has(id))).toEqual([]);
  for (const { outcome, reason } of ledger.signals) expect(outcome === 'decided' || reason !== undefined).toBe(true);
  expect(await deadLetters(beckon)).toEqual([{ body: poison, reason: expect.stringMatching(/not valid/) }]);

  const enters = ledger.signals.filter(({ kind, source }) => kind === 'geofence.enter' && source !== 'api');
  expect(enters.length).toBeGreaterThan(0);

  expect(ledger.coupons).toHaveLength(STOCK);
  expect(new Set(ledger.coupons.map(({ personId }) => personId)).size).toBe(STOCK);
  expect(ledger.stock).toMatchObject([{ left: 0, leftLimit: STOCK }]);
  const sends = [...texts.map(({ to }) => to), ...(await mailAddresses())];
  expect(new Set(sends).size).toBe(sends.length);
  const sent = ledger.coupons.filter(({ send }) => send === 'SENT').length;
  const unknown = ledger.coupons.filter(({ send }) => send === 'UNKNOWN').length;
  expect(sent + unknown).toBe(STOCK);
  expect(sends.length).toBeGreaterThanOrEqual(sent);
  console.log(
    `${KILLS} kills: ${load.sent.size} signals sent, ${load.accepted.size} accepted, ${ids.length} recorded (${enters.length} from positions), ` +
      `1 dead-lettered, ${STOCK} coupons, ${sent} messages SENT, ${unknown} UNKNOWN, ${sends.length} taken by providers`,
  );
  await beckon.stop();
}, 900_000);

async function setUp(beckon: Beckon): Promise<void> {
  const put = async (path: string, body: unknown) => {
    const answer = await beckon.call('PUT', path, 'marketer', body);
    expect(answer.status, answer.text).toBe(200);
  };
  await put('/v1/places/s1', aPlace());
  for (let index = 0; index < PEOPLE; index += 1) {
    const name = `p${index}`;
    const identifiers = [
      { kind: 'device' as const, value: `phone-${name}` },
      index % 2 === 0
        ? { kind: 'email' as const, value: `${name}@example.com` }
        : { kind: 'phone' as const, value: `+1206555${String(1000 + index)}` },
    ];
    await put(`/v1/people/${name}`, aPerson(name, { identifiers }));
  }
  await put(
    '/v1/campaigns/milk',
    aCampaign({
      trigger: { on: ['geofence.enter', 'nfc.tap'], freshFor: 'PT1H' },
      limits: { perPerson: { count: 1, window: 'P7D' }, stock: STOCK },
      message: { channels: ['email', 'sms'], templates: { en: { title: 'Milk', body: 'Your code {{coupon.code}}' } } },
    }),
  );
  expect((await beckon.call('POST', '/v1/campaigns/milk/launch', 'marketer')).status).toBe(200);
}

const isStrangers = (count: number): boolean => count % 10 === 0;

/** A stranger's signal is recorded under an id that tells nobody whose it was. */
function idsOfRecord(beckon: Beckon): (id: string) => string {
  const secret = readFileSync(path.join(beckon.dataDir, 'coupon.secret'), 'utf8').trim();
  return (id) => (isStrangers(Number(id.slice(2))) ? nobodysSignalId(secret, 'harbour-dairy', id) : id);
}

/** People who tap, walk in and out, and people whom nobody knows; whoever gets no answer goes on with the next. */
function startLoad(current: () => Beckon) {
  const accepted = new Set<string>();
  const sent = new Set<string>();
  let running = true;
  let count = 0;
  const tap = async (): Promise<void> => {
    count += 1;
    const id = `s-${count}`;
    const value = isStrangers(count) ? `stranger-${count}` : `phone-p${count % PEOPLE}`;
    sent.add(id);
    const at = new Date().toISOString();
    const body = { signals: [{ id, kind: 'nfc.tap', at, subject: { kind: 'device', value }, placeId: 's1' }] };
    if ((await current().call('POST', '/v1/signals', 'app', body)).status === 202) accepted.add(id);
  };
  const walk = async (): Promise<void> => {
    count += 1;
    const now = Date.now();
    const far = Math.floor(now / 4000) % 2 === 0 ? 0 : 0.01;
    const positions = [3, 2, 1].map((seconds) => ({
      deviceId: `phone-p${count % PEOPLE}`,
      at: new Date(now - seconds * 1000).toISOString(),
      lng: HOME.lng + far,
      lat: HOME.lat,
      accuracyM: 5,
    }));
    await current().call('POST', '/v1/positions', 'app', { positions });
  };
  const client = async (work: () => Promise<void>): Promise<void> => {
    while (running) {
      // No answer: the host has just been killed. What it had accepted it owes; this it may have.
      await work().catch(() => sleep(50));
      await sleep(15);
    }
  };
  const clients = Promise.all([client(tap), client(tap), client(walk)]);
  return {
    accepted,
    sent,
    stop: async () => {
      running = false;
      await clients;
    },
  };
}

type Row = Record<string, unknown>;

/** The tables, once every accepted signal is recorded and every message has ended. */
async function settled(beckon: Beckon, accepted: ReadonlySet<string>) {
  return await eventually(async () => {
    const offers = await scan(beckon, 'beckon-offers');
    const of = (entity: string) => offers.filter((row) => row.entity === entity);
    const ids = new Set(of('signal').map(({ signalId }) => signalId));
    const pending = of('coupon').some(({ send }) => send === 'PENDING' || send === 'SENDING');
    if (pending || [...accepted].some((id) => !ids.has(id))) return undefined;
    const stock = await scan(beckon, 'beckon-stock');
    return { signals: of('signal'), coupons: of('coupon'), stock };
  }, 300_000);
}

async function scan(beckon: Beckon, TableName: string): Promise<Row[]> {
  const client = new DynamoDBClient(local(beckon.endpoints.dynamodb));
  const rows: Row[] = [];
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ExclusiveStartKey }));
    rows.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey);
  client.destroy();
  return rows;
}

async function sendPoison(beckon: Beckon): Promise<string> {
  const client = new SQSClient(local(beckon.endpoints.sqs));
  const MessageBody = JSON.stringify({ signalId: 'poison' });
  const QueueUrl = `${beckon.endpoints.sqs}/000000000000/beckon-signals`;
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  client.destroy();
  return MessageBody;
}

async function deadLetters(beckon: Beckon): Promise<{ body: unknown; reason: unknown }[]> {
  const client = new SQSClient(local(beckon.endpoints.sqs));
  const QueueUrl = `${beckon.endpoints.sqs}/000000000000/beckon-signals-dead`;
  const Messages = await eventually(async () => {
    const output = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        WaitTimeSeconds: 1,
      }),
    );
    return output.Messages;
  });
  client.destroy();
  return Messages.map(({ Body, MessageAttributes }) => ({
    body: Body,
    reason: MessageAttributes?.reason?.StringValue,
  }));
}

async function mailAddresses(): Promise<string[]> {
  const { emails } = (await (await fetch(`${mail.url}/store`)).json()) as {
    emails: { destination: { to: string[] } }[];
  };
  return emails.flatMap(({ destination }) => destination.to);
}

const local = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
