import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_POSITIONS, type Position } from '#core/model/position.ts';
import type { City } from './city.ts';
import type { DemoPerson } from './demo-people.ts';
import { createRandom, type Random } from './random.ts';
import type { WalkerApi } from './walker-api.ts';
import { type Arrival, createWalkers, dueFixes, pointsOf, step, type WalkerPoint, type Walkers } from './walkers.ts';

const TICK_MS = 1000;
/** Half of the demo's people are out at any time. */
const WALKING = 150;
/** About twenty seconds of everybody's fixes: a phone's backlog is not endless either. */
const MAX_BACKLOG = 600;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** Taps and tills that wait for an answer; beyond this the people at the screens give up. */
const MAX_ERRANDS = 12;

type Errand = { dueAt: number; run: () => Promise<void> };

/**
 * Lets people walk until `signal` aborts: posts what their phones report, taps screens, redeems coupons, and tells
 * `onMove` about once a second where everybody is. Never throws: what the API refuses is tried again later or dropped.
 */
export async function runWalkers({
  city,
  people,
  api,
  onMove,
  signal,
  speed = 4,
  seed = 1,
  count = WALKING,
  now = Date.now,
}: {
  city: City;
  people: readonly DemoPerson[];
  api: WalkerApi;
  onMove: (walkers: WalkerPoint[]) => void;
  signal: AbortSignal;
  /** Times the pace of real people, at most 16; visits are as many times shorter, but at least 45 s. */
  speed?: number;
  seed?: number;
  count?: number;
  now?: () => number;
}): Promise<void> {
  const random = createRandom(seed, 'errands');
  const withPhone = random.shuffle(
    people.filter(({ input }) => input.identifiers.some(({ kind }) => kind === 'device')),
  );
  const walkers = createWalkers(city, withPhone.slice(0, count), seed);
  const sender = createSender(api.post, now);
  let errands: Errand[] = [];
  let busy = 0;
  let last = now();
  while (!signal.aborted) {
    // A sleeping laptop must not wake to people who jumped across the city.
    const seconds = Math.min((now() - last) / 1000, 3);
    last = now();
    for (const arrival of step(walkers, seconds, speed))
      errands.push(...errandsOf(arrival, { walkers, api, random, nowMs: last }));
    const at = new Date(last).toISOString();
    sender.add(dueFixes(walkers, seconds).map((fix) => ({ ...fix, at })));
    onMove(pointsOf(walkers));
    const due = errands.filter(({ dueAt }) => dueAt <= last);
    errands = errands.filter(({ dueAt }) => dueAt > last);
    for (const { run } of due.slice(0, MAX_ERRANDS - busy)) {
      busy += 1;
      // A tap that nobody answered is not repeated: the person has walked on.
      void run()
        .catch(() => undefined)
        .finally(() => {
          busy -= 1;
        });
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends positions in order, one request at a time, at most 100 in each; keeps what could not be sent and waits longer each time. */
function createSender(post: WalkerApi['post'], now: () => number): { add: (positions: Position[]) => void } {
  let backlog: Position[] = [];
  let isSending = false;
  let retryMs = FIRST_RETRY_MS;
  let notBefore = 0;
  const flush = async (): Promise<void> => {
    isSending = true;
    try {
      while (backlog.length > 0) {
        const batch = backlog.slice(0, MAX_POSITIONS);
        await post(batch);
        const sent = new Set(batch);
        backlog = backlog.filter((position) => !sent.has(position));
        retryMs = FIRST_RETRY_MS;
      }
    } catch {
      notBefore = now() + retryMs;
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    } finally {
      isSending = false;
    }
  };
  return {
    add: (positions) => {
      backlog = [...backlog, ...positions].slice(-MAX_BACKLOG);
      if (!isSending && now() >= notBefore && backlog.length > 0) void flush();
    },
  };
}

type Scene = { walkers: Walkers; api: WalkerApi; random: Random; nowMs: number };

/** What a person does after they have come in: perhaps tap a screen, perhaps go to the till. */
function errandsOf({ walker, placeId }: Arrival, { walkers, api, random, nowMs }: Scene): Errand[] {
  const errands: Errand[] = [];
  const screen = walkers.city.screens.find((one) => one.placeId === placeId);
  const tagId = screen?.tagIds[0];
  if (screen && tagId && random.chance(0.45)) {
    errands.push({
      dueAt: nowMs + random.between(4000, 20_000),
      run: () =>
        api.tap({
          kind: 'nfc.tap',
          at: new Date().toISOString(),
          subject: { kind: 'device', value: walker.deviceId },
          screenId: screen.screenId,
          tagId,
        }),
    });
  }
  const isStore = walkers.places.get(placeId)?.tags.includes('store') ?? false;
  if (isStore && random.chance(0.6)) {
    errands.push({
      dueAt: nowMs + random.between(28_000, 42_000),
      run: () => goToTill({ personId: walker.personId, placeId, sinceMs: nowMs, api, random }),
    });
  }
  return errands;
}

/** Redeems the newest coupon that fits: one for this place must have come during this visit. */
async function goToTill({
  personId,
  placeId,
  sinceMs,
  api,
  random,
}: {
  personId: string;
  placeId: string;
  sinceMs: number;
  api: WalkerApi;
  random: Random;
}): Promise<void> {
  const held = await api.coupons(personId);
  const fits = held.find(
    ({ state, issuedAt, offer }) =>
      state === 'issued' && (offer.redeemAt === 'anyPlace' || Date.parse(issuedAt) >= sinceMs - 20_000),
  );
  if (!fits) return;
  await api.redeem(fits.code, {
    redemptionId: `till-${fits.couponId}`.slice(0, 64),
    placeId,
    tillId: `${placeId}-till-${random.int(1, 3)}`.slice(0, 64),
    basket: { total: random.int(18, 160) * 100, currency: fits.offer.currency ?? 'CNY' },
  });
}
