import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { processRuntime } from '#functions/shared/process.ts';
import { putMeta } from '#store/catalogue.ts';
import { generateCity } from './city.ts';
import { demoPeople } from './demo-brand.ts';
import { runPlayers } from './demo-players.ts';
import { demoPurchases } from './demo-purchases.ts';
import { openDataFolder } from './host/data-folder.ts';
import { type Host, startHost } from './host/host.ts';
import { BRAND, VENUE } from './host/identity.ts';
import { seedDemo } from './host/seed.ts';
import { walkerApi } from './walker-api.ts';
import { runWalkers } from './walker-driver.ts';

const CITY_SEED = 7;
const USAGE = `npm start -- [--speed N] [--no-walkers]
  --speed N      how many times faster than real people the demo's walkers are (4)
  --no-walkers   nobody walks: for trying the API by hand
Environment: PORT (8787), BECKON_DATA (.beckon; :memory: keeps nothing), BECKON_SEED (none: an empty brand),
  BECKON_LOCATOR (embedded; amazon: the local endpoint of Amazon Location, or AWS_ENDPOINT_URL_LOCATION's)`;

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C means now.
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  });
}

try {
  await main(readOptions());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function main({ speed, walkers }: { speed: number; walkers: boolean }): Promise<void> {
  const seeded = readSeed();
  const port = readPort();
  const data = openDataFolder(process.env.BECKON_DATA ?? '.beckon');
  const city = generateCity(CITY_SEED);
  const people = demoPeople(city, CITY_SEED, Date.now());
  console.log('Beckon on this machine: starting DynamoDB, queues, mailbox, API');
  const host = await startHost({ data, port, city }).catch((error: unknown) => {
    data.release();
    throw error;
  });
  try {
    await putMeta(processRuntime.db, { kind: 'brand', id: BRAND }, { timeZone: city.timeZone, venues: [VENUE] });
    await putMeta(processRuntime.db, { kind: 'venue', id: VENUE }, { timeZone: city.timeZone, venues: [] });
    if (seeded) await seedOnce(host, data.dir, { city, people });
    host.announce();
    tellWhere(host, data.devFile);
    if (seeded && walkers && !ending.signal.aborted) {
      const { signal } = ending;
      const api = walkerApi({ url: host.url, tokens: host.tokens, signal });
      await Promise.all([
        runWalkers({ city, people, api, onMove: host.onWalkers, signal, speed }),
        runPlayers({ url: host.url, token: host.tokens.operator, brand: BRAND, city, signal }),
      ]);
    } else if (!ending.signal.aborted) {
      await new Promise((resolve) => ending.signal.addEventListener('abort', resolve));
    }
  } finally {
    console.log('Stopping.');
    await host.stop();
    data.release();
  }
  // Keep-alive sockets of the SDK would hold the process for a while; everything that matters has ended.
  process.exit(0);
}

/** The marker is written when all of it is in: a seeding that was cut short begins again, over the same ids. */
async function seedOnce(
  host: Host,
  dir: string | undefined,
  { city, people }: { city: ReturnType<typeof generateCity>; people: ReturnType<typeof demoPeople> },
): Promise<void> {
  const marker = dir && path.join(dir, 'seeded');
  if (marker && existsSync(marker)) return;
  let shown = -1;
  const progress = (done: number, of: number): void => {
    const tenth = Math.floor((done * 10) / of);
    if (tenth === shown) return;
    shown = tenth;
    console.log(`Seeding ${city.name}: ${done} of ${of}`);
  };
  const purchases = demoPurchases(city, people, CITY_SEED, Date.now());
  await seedDemo({ url: host.url, tokens: host.tokens, city, people, purchases, progress });
  if (marker) writeFileSync(marker, new Date().toISOString());
}

function tellWhere({ url }: Host, devFile: string): void {
  console.log(`Ready after ${process.uptime().toFixed(1)} s.
  Live map   ${url}/live
  The lobby  ${url}/lobby
  Inbox      ${url}/inbox
  API        ${url}/v1/openapi.json
  Tokens     ${path.relative('.', devFile).startsWith('..') ? devFile : path.relative('.', devFile)}
Ctrl-C stops everything.`);
}

function readOptions(): { speed: number; walkers: boolean } {
  try {
    const { values } = parseArgs({
      options: { speed: { type: 'string' }, 'no-walkers': { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const speed = Number(values.speed ?? 4);
    if (!(speed > 0 && speed <= 100)) throw new Error('--speed takes a number between 0 and 100');
    return { speed, walkers: !values['no-walkers'] };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

function readPort(): number {
  const port = Number(process.env.PORT ?? 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('PORT takes a port number');
  return port;
}

function readSeed(): boolean {
  const seed = process.env.BECKON_SEED ?? 'demo';
  if (seed !== 'demo' && seed !== 'none') throw new Error('BECKON_SEED takes none, or demo');
  return seed === 'demo';
}
