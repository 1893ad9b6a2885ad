import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { MAX_PLAYS } from '#core/screens/play.ts';
import { takePlays } from '#functions/shared/take-plays.ts';
import { PLAY_SPAN_MS, playKeys } from '#store/keys.ts';
import { listPlays } from '#store/plays.ts';
import { itemBytes } from '#test/sim/dynamo/size.ts';
import type { Item } from '#test/sim/dynamo/values.ts';
import { countCapacity } from '../capacity.ts';
import { OWNER, PLAY_MS, playOf, type Venue } from './venue.ts';

const PLAYERS = 4;
const BATCHES = 15;
const PLAYS = BATCHES * MAX_PLAYS;

/**
 * Proof of play as players deliver it after hours without a network: four at once, each batch after batch of 500,
 * through the whole of `takePlays`; then each log is read again and counted. What it costs is asked of one more.
 */
export async function measureIngest(venue: Venue) {
  const { db, client, to } = venue;
  const began = performance.now();
  await Promise.all(Array.from({ length: PLAYERS }, (_, player) => deliver(venue, player)));
  const seconds = (performance.now() - began) / 1000;
  for (let player = 0; player < PLAYERS; player += 1) {
    let found = 0;
    for await (const _ of listPlays(db, OWNER, screenOf(player), { from: startOf(to), to })) found += 1;
    if (found !== PLAYS) throw new Error(`${found} of ${PLAYS} plays are there`);
  }
  const playsPerSecond = Math.round((PLAYERS * PLAYS) / seconds);
  const meter = countCapacity(client);
  await deliver(venue, PLAYERS);
  client.middlewareStack.remove('countCapacity');
  const written = meter.rows().filter(({ kind }) => kind === 'write');
  const writeUnitsPerPlay = written.reduce((sum, { units }) => sum + units, 0) / PLAYS;
  // A row is one write unit.
  const bytesPerPlay = Math.round((await bytesOfRow(venue)) * writeUnitsPerPlay);
  return {
    rows: [
      {
        delivered: PLAYERS * PLAYS,
        perSecond: playsPerSecond,
        writeUnitsPerPlay: Math.round(writeUnitsPerPlay * 100) / 100,
        bytesPerPlay,
      },
    ],
    headline: { playsPerSecond },
  };
}

const screenOf = (player: number): string => `late-${player}`;
const startOf = (to: number): number => to - PLAYS * PLAY_MS;

async function deliver({ db, to }: Venue, player: number): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const plays = Array.from({ length: MAX_PLAYS }, (_, index) => {
      const { brand, ...play } = playOf(player, batch * MAX_PLAYS + index, startOf(to));
      return {
        sequence: play.sequence,
        creativeId: play.creativeId,
        ...(brand && { brand }),
        startedAt: new Date(play.startedAt).toISOString(),
        endedAt: new Date(play.endedAt).toISOString(),
      };
    });
    const body = { logId: `boot-${player}`, clock: { offsetMs: 0, uncertaintyMs: 25 }, plays };
    const taken = await takePlays({ db, now: () => to }, OWNER, screenOf(player), body);
    if (taken.accepted !== MAX_PLAYS) throw new Error(`${taken.accepted} plays of a batch were accepted`);
  }
}

/** Bytes of a row as DynamoDB counts them; what storage is paid for has another 100 for each. */
async function bytesOfRow({ db, to }: Venue): Promise<number> {
  const pk = playKeys.span(OWNER, screenOf(0), Math.floor(to / PLAY_SPAN_MS) - 2);
  const output = await db.client.send(
    new QueryCommand({
      TableName: db.table('plays'),
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    }),
  );
  const items = (output.Items ?? []) as Item[];
  return items.reduce((sum, item) => sum + itemBytes(item), 0) / items.length;
}
