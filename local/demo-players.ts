import { setTimeout as sleep } from 'node:timers/promises';
import { NEW_ROTATION, nextItem, type Rotation } from '#core/screens/schedule.ts';
import type { City } from './city.ts';
import { BRAND_CREATIVES, OWN_SCREEN, playlistItems, VENUE_CREATIVES } from './demo-screens.ts';

const TIMEOUT_MS = 10_000;
/** Screens do not change at the same moment. */
const STAGGER_MS = 900;

/**
 * The players of the demo city's other screens, as far as Beckon sees of them: each tells its plays as they begin and as
 * they end. The screen in the lobby that is the visitor's own is left alone.
 */
export async function runPlayers(args: {
  url: string;
  token: string;
  brand: string;
  city: City;
  signal: AbortSignal;
}): Promise<void> {
  const screens = args.city.screens.filter(({ screenId }) => screenId !== OWN_SCREEN);
  // One log for each run of the demo: its sequence numbers begin anew.
  const logId = `demo-${Date.now()}`;
  await Promise.all(
    screens.map(async ({ screenId }, index) => {
      await pause(index * STAGGER_MS, args.signal);
      await play({ ...args, screenId, logId });
    }),
  );
}

async function play({
  url,
  token,
  brand,
  city,
  screenId,
  logId,
  signal,
}: {
  url: string;
  token: string;
  brand: string;
  city: City;
  screenId: string;
  logId: string;
  signal: AbortSignal;
}): Promise<void> {
  const secondsOf = new Map(
    [...BRAND_CREATIVES, ...VENUE_CREATIVES].map(({ creativeId, input }) => [creativeId, input.seconds]),
  );
  const items = playlistItems(brand).map((item) => ({
    weight: 1,
    priority: 0,
    ...item,
    seconds: secondsOf.get(item.creativeId) ?? 8,
  }));
  const tell = async (said: object): Promise<void> => {
    await fetch(`${url}/v1/screens/${screenId}/plays`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ logId, clock: { offsetMs: 0, uncertaintyMs: 50 }, plays: [said] }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
      // An unread body would keep its connection from being used again.
      .then((response) => response.arrayBuffer())
      // What is not delivered is a gap in the report, as with a real one.
      .catch(() => undefined);
  };
  let rotation: Rotation = NEW_ROTATION;
  for (let sequence = 0; !signal.aborted; sequence += 1) {
    const startedAt = Date.now();
    const choice = nextItem(items, { now: startedAt, timeZone: city.timeZone, rotation });
    if (!choice) return;
    rotation = choice.rotation;
    const { creativeId, brand: owner, seconds } = choice.item;
    const at = (ms: number): string => new Date(ms).toISOString();
    const said = { sequence, creativeId, ...(owner !== undefined && { brand: owner }), startedAt: at(startedAt) };
    await tell({ ...said, plannedEndsAt: at(startedAt + seconds * 1000) });
    await pause(startedAt + seconds * 1000 - Date.now(), signal);
    await tell({ ...said, endedAt: at(Math.max(Date.now(), startedAt + 1)) });
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
