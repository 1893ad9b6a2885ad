import type { Signal } from '#core/model/signal.ts';
import { gather } from '#functions/engage/gather.ts';
import { createLeaseHand } from '#functions/engage/lease-hand.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { CATALOGUE_MAX_AGE_SECONDS } from '#lib/environment.ts';
import { getPerson } from '#store/people.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { type BenchBrand, BRAND, NOW, pairOf, phoneOf, REACHABLE } from './brand.ts';

const WARM_UP = 300;
const LOADS = 3000;
const COUNTED = 500;

/**
 * From a handle to everything that a decision needs: whose it is, profile, consents, caps, memberships, stock, and that
 * the catalogue still holds; of somebody alone, and of somebody whose two profiles are one person. In turns.
 */
export async function measureLoads(brand: BenchBrand) {
  const runtime = runtimeOf(brand);
  const kinds = [
    { person: 'one profile', subjectOf: (n: number) => phoneOf(n % REACHABLE), times: [] as number[] },
    {
      person: 'two profiles, one person',
      subjectOf: (n: number) => pairOf(REACHABLE + (n % REACHABLE)),
      times: [] as number[],
    },
  ];
  await expectJoined(brand);
  for (let round = -WARM_UP; round < LOADS; round += 1) {
    for (const { subjectOf, times } of kinds) {
      // Nobody is asked for twice in a row: no cache of a page is warmer than a brand's traffic would have it.
      const signal = signalOf(subjectOf((round + WARM_UP) * 7919));
      const began = performance.now();
      await load(runtime, signal);
      if (round >= 0) times.push(performance.now() - began);
    }
  }
  const { meter } = brand;
  const rows = [];
  for (const { person, subjectOf, times } of kinds) {
    meter.reset();
    for (let n = 0; n < COUNTED; n += 1) await load(runtime, signalOf(subjectOf(n * 7919)));
    const units = meter.rows().reduce((sum, row) => sum + row.units, 0) / COUNTED;
    rows.push({
      person,
      loads: LOADS,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      readUnits: round2(units),
    });
  }
  return {
    rows,
    headline: {
      loadPersonP99Ms: rows[0]?.p99Ms ?? Number.NaN,
      loadMergedPersonP99Ms: rows[1]?.p99Ms ?? Number.NaN,
      unitsPerDecisionRead: rows[0]?.readUnits ?? Number.NaN,
      unitsPerMergedDecisionRead: rows[1]?.readUnits ?? Number.NaN,
    },
  };
}

/** Both profiles' handles: without this, half a person would be measured as a whole one. */
async function expectJoined({ db }: BenchBrand): Promise<void> {
  const stored = await getPerson(db, BRAND, `person-${REACHABLE}`);
  const emails = stored?.person.identifiers.filter(({ kind }) => kind === 'email') ?? [];
  if (emails.length !== 2) throw new Error('two profiles of one person are not read as one');
}

async function load(runtime: Runtime, signal: Signal): Promise<void> {
  const gathered = await gather(runtime, signal, NOW);
  // Whoever is not in the segment has no campaign left: they were read all the same.
  if ('skip' in gathered && gathered.skip === 'unknown-person') throw new Error('somebody was not found');
}

const signalOf = (device: string): Signal => ({
  signalId: `enter-${device}`,
  brand: BRAND,
  kind: 'geofence.enter',
  source: 'api',
  trust: 'T1',
  occurredAt: new Date(NOW).toISOString(),
  receivedAt: new Date(NOW).toISOString(),
  subject: { kind: 'device', value: device },
  placeId: 's1',
});

/** As deployed, but for the time of day, which is the data's. */
export function runtimeOf({ db }: BenchBrand): Runtime {
  return {
    db,
    catalogue: createCatalogueCache(db, { maxAgeMs: CATALOGUE_MAX_AGE_SECONDS * 1000, now: () => performance.now() }),
    leases: createLeaseHand(),
    channels: ['email'],
    now: () => NOW,
    random: () => 0.5,
    sleep: async () => {},
    secret: async (name) => `${name} of the bench, of 32 characters`,
    send: async () => {},
    sendToDeadLetters: async () => {},
    requireEnv: (name) => name,
  };
}

export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((left, right) => left - right);
  return round2(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

const round2 = (value: number): number => Math.round(value * 100) / 100;
