import type { Locator } from '#functions/routes.ts';
import { createWalker } from './costs/crowd.ts';
import { openCostWorld, ROUND_TRIP_MS } from './costs/world.ts';
import { machine } from './machine.ts';
import type { BenchResult } from './main.ts';
import { PRICES } from './prices.ts';

const CADENCE_S = 15;
/** Uploads of each device before anything is counted: its first state is written once in its life. */
const WARM_UP = 5;

type Scenario = {
  name: string;
  locator: Locator;
  devices: number;
  uploads: number;
  /** Fixes of one device in one request. */
  perUpload: number;
  /** Devices in one request: a phone speaks for itself, a server for many. */
  devicesPerUpload: number;
  /** Messages that a worker is handed at once: ten where there is much to do, one where there is little. */
  delivered: number;
};

const ONE = {
  locator: 'embedded',
  devices: 60,
  uploads: 20,
  perUpload: 10,
  devicesPerUpload: 1,
  delivered: 10,
} as const;
const SCENARIOS: readonly Scenario[] = [
  { ...ONE, name: 'embedded: phones upload 10 fixes' },
  { ...ONE, name: 'embedded: the same, in a quiet hour', delivered: 1, uploads: 10 },
  { ...ONE, name: 'embedded: phones upload 100 fixes', perUpload: 100, uploads: 6 },
  { ...ONE, name: 'embedded: phones upload each fix', perUpload: 1 },
  {
    ...ONE,
    name: 'embedded: a server sends 100 phones a request',
    perUpload: 1,
    devices: 200,
    devicesPerUpload: 100,
    uploads: 60,
  },
  { ...ONE, name: 'amazon: phones upload 10 fixes', locator: 'amazon', uploads: 10 },
];

/**
 * `npm run bench -- costs`: US$ for a million positions at list price, from what was counted: requests, units of DynamoDB,
 * milliseconds of Lambda. Until the signal is in its queue; what a decision costs is `pipeline`'s.
 */
export async function costs(): Promise<BenchResult> {
  const runs: Awaited<ReturnType<typeof run>>[] = [];
  for (const scenario of SCENARIOS) runs.push(await run(scenario));
  const usdOf = (name: string): number => runs.find((one) => one.name === name)?.usd ?? Number.NaN;
  const amazon = runs.find(({ locator }) => locator === 'amazon');
  return {
    name: 'costs',
    machine: machine(),
    rows: [
      ...runs.flatMap(({ rows }) => rows),
      { scenario: 'assumed', ...ROUND_TRIP_MS },
      ...Object.entries(PRICES).map(([name, price]) => ({ price: name, ...price })),
    ],
    headline: {
      usdPerMillionEmbedded: usdOf('embedded: phones upload 10 fixes'),
      usdPerMillionEmbeddedQuiet: usdOf('embedded: the same, in a quiet hour'),
      usdPerMillionEmbedded100: usdOf('embedded: phones upload 100 fixes'),
      usdPerMillionEmbedded1: usdOf('embedded: phones upload each fix'),
      usdPerMillionEmbeddedServer: usdOf('embedded: a server sends 100 phones a request'),
      usdPerMillionAmazon: amazon?.usd ?? Number.NaN,
      usdPerMillionAmazonConfirmed: amazon?.confirmed ?? Number.NaN,
    },
  };
}

async function run(scenario: Scenario) {
  const { name, locator, devices, uploads, perUpload, devicesPerUpload, delivered } = scenario;
  const world = await openCostWorld(locator);
  try {
    const phones = Array.from({ length: devices }, (_, i) => ({
      deviceId: `phone-${i}`,
      walk: createWalker(world.random, { spots: world.spots, cadenceS: CADENCE_S }),
    }));
    let signals = 0;
    let positions = 0;
    for (let round = -WARM_UP; round < uploads; round += 1) {
      if (round === 0) world.meter.reset();
      const fixes = phones.map(({ deviceId, walk }) =>
        Array.from({ length: perUpload }, (_, i) => ({
          deviceId,
          at: new Date(world.now() + i * CADENCE_S * 1000).toISOString(),
          ...walk(),
        })),
      );
      // All of them are of the past when they are sent.
      world.pass(perUpload * CADENCE_S);
      for (let first = 0; first < devices; first += devicesPerUpload) {
        await world.upload(fixes.slice(first, first + devicesPerUpload).flat());
      }
      const told = await world.deliver(delivered);
      if (round >= 0) {
        signals += told.signals;
        positions += devices * perUpload;
      }
    }
    const perMillion = 1e6 / positions;
    const { lines, functions } = world.meter.bill();
    const usd = (of: typeof lines): number => round4(of.reduce((sum, line) => sum + line.usd, 0) * perMillion);
    const rows = [
      { scenario: name, positions, signalsPerMillion: Math.round(signals * perMillion), usdPerMillion: usd(lines) },
      ...lines.map((line) => ({
        scenario: name,
        price: line.name,
        unitsPerMillion: Math.round(line.units * perMillion),
        usdPerMillion: usd([line]),
      })),
      ...functions.map((one) => ({
        scenario: name,
        function: one.name,
        invocationsPerMillion: Math.round(one.invocations * perMillion),
        billedMs: one.billedMs,
        memoryMb: one.memoryMb,
      })),
    ];
    return {
      name,
      locator,
      rows,
      usd: usd(lines),
      confirmed: usd(lines.filter((line) => !('unconfirmed' in PRICES[line.name]))),
    };
  } finally {
    await world.stop();
  }
}

const round4 = (usd: number): number => Math.round(usd * 10_000) / 10_000;
