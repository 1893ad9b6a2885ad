import type { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { HttpRequest, HttpResponse, HttpStep } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { putEntry, putMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { Tenant } from '#store/keys.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { aPlace } from '#test/support/builders.ts';

export const START = Date.parse('2026-11-22T10:00:00Z');
export const VENUE: Tenant = { kind: 'venue', id: 'plaza' };
export const brand = (id: string): Tenant => ({ kind: 'brand', id });
/** What a step has answered: its body, or the problem's document. */
// biome-ignore lint/suspicious/noExplicitAny: bodies of any shape are looked into.
export type Answer = { status: number; body: any };

type Asked = Partial<Pick<HttpRequest, 'path' | 'query' | 'headers' | 'body'>> & {
  as?: Tenant;
  text?: string | Buffer;
};

/** Steps over an in-process DynamoDB: a venue with `screen1`, where the brands harbour and rival are shown. */
export async function openScreens({ timeZone = 'Europe/Berlin' } = {}) {
  const dynamo = new InProcessDynamoDb({ tables: ['catalogue', 'plays'], now: () => world.now });
  const world = { now: START, commands: [] as object[] };
  const send = (command: object) => {
    world.commands.push(command);
    return dynamo.client.send(command as QueryCommand);
  };
  const db: Database = { client: { send: send as never }, table: (name) => name, sleep: async () => {} };
  // These steps use no more of their process than this.
  const runtime = { db, now: () => world.now } as Runtime;
  for (const owner of [VENUE, brand('harbour'), brand('lighthouse')]) {
    await putEntry(db, owner, 'place', { id: 's1', body: { placeId: 's1', ...aPlace(), timeZone } });
  }
  const screen = { screenId: 'screen1', name: 'Lobby', placeId: 's1', tagIds: [] };
  await putEntry(db, VENUE, 'screen', { id: 'screen1', body: screen });
  for (const id of ['harbour', 'rival']) await putMeta(db, brand(id), { timeZone: 'UTC', venues: [VENUE.id] });

  const ask = async (step: HttpStep, { as = VENUE, path = {}, query = {}, headers = {}, body, text }: Asked) => {
    const bytes = Buffer.from(text ?? JSON.stringify(body) ?? '');
    const request: HttpRequest = {
      runtime,
      caller: { subject: 'somebody', tenant: as, role: as.kind === 'venue' ? 'operator' : 'marketer' },
      path: { screenId: 'screen1', ...path },
      query,
      headers,
      cookies: {},
      bytes,
      body: text === undefined ? body : undefined,
      text: bytes.toString(),
    };
    try {
      const { status, body: answered }: HttpResponse = await step(request);
      return { status, body: answered } as Answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, body: error.document() } as Answer;
    }
  };
  const rows = () => JSON.stringify([...dynamo.table('plays').items()].map(({ item }) => JSON.stringify(item)).sort());
  return { world, db, runtime, ask, rows, screen };
}
