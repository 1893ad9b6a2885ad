import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Airing } from '#core/screens/on-air.ts';
import { putEntry } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { putPlays } from '#store/plays.ts';
import { openLoaded } from '../database.ts';

export const OWNER: Tenant = { kind: 'venue', id: 'plaza' };
export const PLAY_MS = 8_000;
/** Whatever is measured, it is one history, longer or shorter, of as many screens. */
export const SCREENS = 20;
const END = Date.parse('2026-11-22T10:00:00Z');
const CREATIVES = 12;
const CHUNK = 2_500;

/** A venue in a database of its own, on disk, with a number of plays in it. */
export type Venue = {
  plays: number;
  /** When the history of every screen begins and ends. */
  from: number;
  to: number;
  db: Database;
  client: DynamoDBClient;
  stop: () => Promise<void>;
};

export const screenOf = (index: number): string => `screen-${index % SCREENS}`;

/** What a screen shows in its n-th eight seconds: the answer that every question is checked against. */
export const creativeOf = (screen: number, n: number): string => `creative-${(n * 5 + screen) % CREATIVES}`;

/** The n-th play of a screen that has never been off. */
export const playOf = (screen: number, n: number, from: number): Airing => ({
  creativeId: creativeOf(screen, n),
  brand: n % 3 === 0 ? undefined : 'harbour',
  startedAt: from + n * PLAY_MS,
  endedAt: from + (n + 1) * PLAY_MS,
  open: false,
  uncertaintyMs: 25,
  logId: `boot-${screen}`,
  sequence: n,
});

/** A database with `plays` plays, written as the store writes them. */
export async function openVenue(plays: number): Promise<Venue> {
  const from = END - Math.ceil(plays / SCREENS) * PLAY_MS;
  const { db, client, stop } = await openLoaded(async (loading) => {
    await putScreens(loading);
    await fill(loading, plays, from);
  });
  return { plays, from, to: END, db, client, stop };
}

async function putScreens(db: Database): Promise<void> {
  for (let index = 0; index < SCREENS; index += 1) {
    const screen = { screenId: screenOf(index), name: 'Lobby', placeId: 's1', tagIds: [] };
    await putEntry(db, OWNER, 'screen', { id: screen.screenId, body: screen });
  }
}

/** Screen by screen: as many rows under way as the store allows itself. */
async function fill(db: Database, plays: number, from: number): Promise<void> {
  const each = Math.ceil(plays / SCREENS);
  const began = performance.now();
  for (let screen = 0; screen < SCREENS; screen += 1) {
    for (let start = 0; start < each; start += CHUNK) {
      const count = Math.min(CHUNK, each - start);
      const chunk = Array.from({ length: count }, (_, index) => playOf(screen, start + index, from));
      await putPlays(db, OWNER, screenOf(screen), chunk);
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stderr.write(
      `\r${((screen + 1) * each).toLocaleString('en')} of ${plays.toLocaleString('en')} plays, ${seconds} s `,
    );
  }
  process.stderr.write('\n');
}
