import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ENV } from '#functions/routes.ts';
import { processRuntime } from '#functions/shared/process.ts';
import { CATALOGUE_MAX_AGE_SECONDS } from '#lib/environment.ts';
import { generateCity } from '#local/city.ts';
import { openDataFolder } from '#local/host/data-folder.ts';
import { type Host, startHost } from '#local/host/host.ts';
import { startSmsCapture } from '#local/host/sms-capture.ts';
import { aCampaign, aPerson, aPlace, HOME } from '#test/support/builders.ts';
import { countCapacity, type Meter } from './capacity.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';

const PEOPLE = 1200;
const SKIPPED = 2400;
/** Positions a second while latency is measured: well below saturation, so that it is the path that is timed, not a queue. */
const PACE_PER_SECOND = 10;
const TIMED = 300;
const DEADLINE_MS = 120_000;

type World = { host: Host; arrivals: Map<string, number>; meter: Meter };

/**
 * The main job on one machine: everything in this process but dynoxide, data on disk. Signals per second with the queue
 * full; then, at a walking pace, the time from an accepted position to the message in the provider's hands.
 */
export async function pipeline(): Promise<BenchResult> {
  const dir = mkdtempSync(path.join(tmpdir(), 'beckon-bench-'));
  const arrivals = new Map<string, number>();
  const sms = await startSmsCapture(({ to }) => arrivals.set(to, performance.now()));
  process.env.AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2 = sms.url;
  // As deployed: a process asks for the catalogue's version every five seconds, not with every signal.
  process.env[ENV.catalogueMaxAge] = String(CATALOGUE_MAX_AGE_SECONDS);
  const data = openDataFolder(dir);
  const host = await startHost({ data, port: 0, city: generateCity(1) });
  const meter = countCapacity(processRuntime.db.client as DynamoDBClient);
  try {
    const world = { host, arrivals, meter };
    await setUp(world);
    const skipped = await measureSkips(world);
    const offers = await measureOffers(world);
    const times = await measureLatency(world);
    const at = (share: number) =>
      round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN);
    return {
      name: 'pipeline',
      machine: machine(),
      rows: [
        ...skipped.rows,
        ...offers.rows,
        { phase: 'latency', positions: times.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) },
      ],
      headline: {
        signalsPerSecond: skipped.perSecond,
        offersPerSecond: offers.perSecond,
        p50Ms: at(0.5),
        p99Ms: at(0.99),
        unitsPerSkippedSignal: skipped.units,
        unitsPerOffer: offers.units,
      },
    };
  } finally {
    await host.stop();
    await sms.stop();
    data.release();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function setUp({ host }: World): Promise<void> {
  await put(host, '/v1/places/s1', aPlace());
  await put(host, '/v1/places/s2', aPlace({ tags: ['lobby'] }));
  const people = Array.from({ length: PEOPLE + TIMED }, (_, index) => index);
  for (let start = 0; start < people.length; start += 50) {
    await Promise.all(
      people.slice(start, start + 50).map((index) => {
        const identifiers = [
          { kind: 'device' as const, value: `phone-${index}` },
          { kind: 'phone' as const, value: phoneOf(index) },
        ];
        return put(host, `/v1/people/p${index}`, aPerson(String(index), { identifiers }));
      }),
    );
  }
  const message = {
    channels: ['sms' as const],
    templates: { en: { body: 'Hi {{person.firstName|there}}: {{coupon.code}}' } },
  };
  const limits = {
    perPerson: { count: 1, window: 'P7D' },
    stock: 1_000_000,
    budget: { amount: 1e12, currency: 'CNY' },
  };
  // Five live campaigns, of which each signal concerns one: a small brand on a normal day.
  for (const [campaignId, tag] of [
    ['milk', 'store'],
    ['tea', 'tea'],
    ['shoes', 'shoes'],
    ['film', 'film'],
  ] as const) {
    await put(
      host,
      `/v1/campaigns/${campaignId}`,
      aCampaign({ trigger: { on: ['geofence.enter'], placeTags: [tag] }, limits, message }),
    );
  }
  const nobody = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };
  await put(host, '/v1/segments/gold', { name: 'Gold', rule: nobody });
  await put(
    host,
    '/v1/campaigns/gold',
    aCampaign({
      trigger: { on: ['geofence.enter'], placeTags: ['lobby'] },
      audience: { segmentId: 'gold' },
      limits,
      message,
    }),
  );
  for (const id of ['milk', 'tea', 'shoes', 'film', 'gold'])
    await post(host, `/v1/campaigns/${id}/launch`, {}, 'marketer');
}

/** Signals at the lobby: the one campaign there is for a segment that nobody is in. */
async function measureSkips({ host, meter }: World) {
  meter.reset();
  const start = performance.now();
  await postSignals(host, SKIPPED, (index) => ({ id: `skip-${index}`, person: index % PEOPLE, placeId: 's2' }));
  await until(() => meter.calls('PutItemCommand', 'offers') >= SKIPPED);
  return figures('skipped signal', SKIPPED, performance.now() - start, meter);
}

/** Everybody at the shop for the first time: an offer each, until the last message is in the provider's hands. */
async function measureOffers({ host, meter, arrivals }: World) {
  meter.reset();
  const start = performance.now();
  await postSignals(host, PEOPLE, (index) => ({ id: `offer-${index}`, person: index, placeId: 's1' }));
  await until(() => arrivals.size >= PEOPLE);
  const elapsed = performance.now() - start;
  // The last SENT is written after the provider has answered.
  await until(() => meter.calls('UpdateItemCommand', 'offers') >= 2 * PEOPLE);
  return figures('offer', PEOPLE, elapsed, meter);
}

async function measureLatency({ host, arrivals }: World): Promise<number[]> {
  const accepted = new Map<string, number>();
  for (let index = PEOPLE; index < PEOPLE + TIMED; index += 1) {
    const position = { deviceId: `phone-${index}`, at: new Date().toISOString(), ...HOME, accuracyM: 5 };
    void post(host, '/v1/positions', { positions: [position] }, 'app').then(() =>
      accepted.set(phoneOf(index), performance.now()),
    );
    await sleep(1000 / PACE_PER_SECOND);
  }
  await until(() => arrivals.size >= PEOPLE + TIMED);
  return [...accepted]
    .map(([phone, at]) => (arrivals.get(phone) ?? Number.NaN) - at)
    .sort((left, right) => left - right);
}

function figures(phase: string, count: number, elapsedMs: number, meter: Meter) {
  const rows = meter.rows().map(({ operation, table, kind, calls, units }) => ({
    phase,
    operation,
    table,
    kind,
    callsPerOne: round(calls / count),
    unitsPerOne: round(units / count),
  }));
  const perSecond = Math.round((count / elapsedMs) * 1000);
  const sum = (kind: string) =>
    round(rows.filter((row) => row.kind === kind).reduce((total, row) => total + row.unitsPerOne, 0));
  const total = { phase, count, perSecond, readUnits: sum('read'), writeUnits: sum('write') };
  return { rows: [...rows, total], perSecond, units: round(total.readUnits + total.writeUnits) };
}

async function postSignals(
  host: Host,
  count: number,
  of: (index: number) => { id: string; person: number; placeId: string },
): Promise<void> {
  for (let start = 0; start < count; start += 100) {
    const at = new Date().toISOString();
    const signals = Array.from({ length: Math.min(100, count - start) }, (_, offset) => {
      const { id, person, placeId } = of(start + offset);
      return { id, kind: 'geofence.enter', at, subject: { kind: 'device', value: `phone-${person}` }, placeId };
    });
    await post(host, '/v1/signals', { signals }, 'app');
  }
}

const phoneOf = (index: number): string => `+1206${String(5_550_000 + index)}`;

async function put(host: Host, pathname: string, body: unknown): Promise<void> {
  await call(host, 'PUT', pathname, body, 'marketer');
}

async function post(host: Host, pathname: string, body: unknown, role: 'app' | 'marketer'): Promise<void> {
  await call(host, 'POST', pathname, body, role);
}

async function call(
  host: Host,
  method: string,
  pathname: string,
  body: unknown,
  role: 'app' | 'marketer',
): Promise<void> {
  const response = await fetch(host.url + pathname, {
    method,
    headers: { authorization: `Bearer ${host.tokens[role]}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${pathname}: ${response.status} ${text}`);
}

async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!done()) {
    if (performance.now() > deadline) throw new Error('the pipeline did not finish');
    await sleep(2);
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
