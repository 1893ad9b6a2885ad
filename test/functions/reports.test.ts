import { spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScreenReport } from '#core/screens/report.ts';
import { exportScreenReport, getReportKey, getScreenReport } from '#functions/reports/screens.ts';
import type { HttpRequest, HttpStep } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { putEntry, putMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { recordCoupon, recordTap } from '#store/effects.ts';
import type { Tenant } from '#store/keys.ts';
import { recordPlays } from '#store/plays.ts';
import { InProcessDynamoDb } from '#test/sim/dynamo/database.ts';
import { aPlace } from '#test/support/builders.ts';

const VENUE: Tenant = { kind: 'venue', id: 'mall' };
const brand = (id: string): Tenant => ({ kind: 'brand', id });
const NOW = Date.parse('2026-11-22T12:00:00Z');
const T0 = Date.parse('2026-11-22T08:00:00Z');
const SECRET = 'a report secret of the tests';
const PLAYS = [
  ['dairy', 'milk'],
  ['bakery', 'bread'],
  ['dairy', 'milk'],
  [undefined, 'house'],
] as const;

/** A lobby screen of a mall that two brands rent and a third does not: 40 plays, 3 taps, 2 offers, one used. */
async function openLobby() {
  const dynamo = new InProcessDynamoDb({ tables: ['catalogue', 'plays'], now: () => NOW });
  const db: Database = { client: dynamo.client, table: (name) => name, sleep: async () => {} };
  await putEntry(db, VENUE, 'place', { id: 'lobby', body: { placeId: 'lobby', ...aPlace() } });
  const screen = { screenId: 'screen-1', name: 'By the lift', placeId: 'lobby', tagIds: [] };
  await putEntry(db, VENUE, 'screen', { id: 'screen-1', body: screen });
  for (const id of ['dairy', 'bakery']) await putMeta(db, brand(id), { timeZone: 'UTC', venues: ['mall'] });
  const plays = Array.from({ length: 40 }, (_, index) => {
    const [owner, creativeId] = PLAYS[index % PLAYS.length] ?? PLAYS[0];
    const startedAt = T0 + index * 8000;
    const common = { open: false, uncertaintyMs: 5, logId: 'log-1', sequence: index };
    return { ...common, creativeId, brand: owner, startedAt, endedAt: startedAt + 8000 };
  });
  // Two plays of the log never came.
  await recordPlays(db, VENUE, 'screen-1', {
    logId: 'log-1',
    plays: plays.filter(({ sequence }) => sequence !== 20 && sequence !== 21),
  });
  for (const signalId of ['t1', 't2']) {
    const tap = { brand: 'dairy', creativeId: 'milk', signalId, at: T0 + 2000 };
    await recordTap(db, VENUE, 'screen-1', tap);
    const state = signalId === 't1' ? 'redeemed' : 'issued';
    const credit = { screenId: 'screen-1', screenOwner: VENUE, signalId, signalAt: T0 + 2000 };
    await recordCoupon(db, {
      ...tap,
      ...credit,
      couponId: signalId,
      couponKey: `key-${signalId}`,
      state,
    } as unknown as StoredCoupon);
  }
  await recordTap(db, VENUE, 'screen-1', { signalId: 't3', at: T0 + 3 * 3_600_000 });

  const runtime = { db, now: () => NOW, secret: async () => SECRET } as unknown as Runtime;
  return async (
    step: HttpStep,
    tenant: Tenant | undefined,
    query: Record<string, string> = {},
    screenId = 'screen-1',
  ) => {
    const request: HttpRequest = {
      runtime,
      caller: tenant && { subject: 'somebody', tenant, role: tenant.kind === 'venue' ? 'operator' : 'marketer' },
      path: { screenId },
      query,
      headers: {},
      cookies: {},
      bytes: Buffer.alloc(0),
      body: undefined,
      text: '',
    };
    try {
      return await step(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, body: error.document(), headers: {} };
    }
  };
}

describe('the report of a screen', () => {
  let ask: Awaited<ReturnType<typeof openLobby>>;
  let folder: string;
  beforeAll(async () => {
    ask = await openLobby();
    folder = mkdtempSync(path.join(tmpdir(), 'beckon-statement-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = async (tenant: Tenant, query?: Record<string, string>) =>
    (await ask(getScreenReport, tenant, query)).body as ScreenReport & Record<string, unknown>;

  it('tells a venue of all that was shown, and not who bought', async () => {
    const report = await read(VENUE);
    expect(report).toMatchObject({ screenId: 'screen-1', from: '2026-11-16', to: '2026-11-22', owner: VENUE });
    expect(report.timeZone).toBe('Asia/Shanghai');
    const counts = report.rows.map(({ brand: owner, creativeId, plays, secondsOnAir, taps, offers, redemptions }) => [
      owner,
      creativeId,
      plays,
      secondsOnAir,
      taps,
      offers,
      redemptions,
    ]);
    expect(counts).toEqual([
      ['dairy', 'milk', 19, 152, 2, 2, null],
      [undefined, 'house', 10, 80, 0, 0, 0],
      ['bakery', 'bread', 9, 72, 0, 0, 0],
    ]);
    expect(report.unknown).toMatchObject({ taps: 1 });
    expect(report.gaps).toEqual([
      { from: '2026-11-22T08:02:40.000Z', to: '2026-11-22T08:02:56.000Z', playsMissing: 2 },
    ]);
    expect(report.hours.filter(({ complete }) => !complete).map(({ at }) => at)).toEqual(['2026-11-22T08:00:00.000Z']);
  });

  it('tells a brand that rents the venue of its own alone', async () => {
    const report = await read(brand('dairy'));
    expect(report.rows).toMatchObject([{ creativeId: 'milk', plays: 19, taps: 2, offers: 2, redemptions: 1 }]);
    expect(JSON.stringify(report)).not.toMatch(/bread|bakery|house/);
    expect(report.unknown.taps).toBe(0);
  });

  it('is not there for a brand that does not rent the venue, or for another venue', async () => {
    for (const tenant of [brand('tailor'), { kind: 'venue', id: 'station' } as const]) {
      for (const step of [getScreenReport, exportScreenReport]) expect((await ask(step, tenant)).status).toBe(404);
    }
    expect((await ask(getScreenReport, VENUE, {}, 'screen-2')).status).toBe(404);
    expect((await ask(exportScreenReport, brand('dairy'), { brand: 'bakery' })).status).toBe(403);
  });

  it('is of the days that are asked for, both included', async () => {
    expect((await read(VENUE, { from: '2026-11-21', to: '2026-11-21' })).rows).toEqual([]);
    expect((await read(VENUE, { from: '2026-11-22', to: '2026-11-22' })).rows).toHaveLength(3);
    expect((await read(VENUE, { from: '2026-10-23', to: '2026-11-22' })).rows).toHaveLength(3);
  });

  it.each<[Record<string, string>, string]>([
    [{ from: 'yesterday' }, '/from'],
    [{ from: '2026-02-30' }, '/from'],
    [{ to: '2026-11-22T00:00:00Z' }, '/to'],
    [{ from: '2026-11-22', to: '2026-11-21' }, '/to'],
    [{ from: '2026-10-22', to: '2026-11-22' }, '/to'],
  ])('refuses %j and names the field', async (query, pointer) => {
    const { status, body } = await ask(getScreenReport, VENUE, query);
    expect([status, (body as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)]).toEqual([
      400,
      [pointer],
    ]);
  });

  it.each<Record<string, string>>([{ format: 'pdf' }, { brand: 'a brand' }])(
    'exports nothing for %j',
    async (query) => {
      expect((await ask(exportScreenReport, VENUE, query)).status).toBe(400);
    },
  );

  it('is exported as a statement that the line in the documentation proves genuine', async () => {
    const docs = readFileSync(fileURLToPath(new URL('../../docs/screens.md', import.meta.url)), 'utf8');
    const line = /^node -e .+ statement\.json key\.pem$/m.exec(docs)?.[0] ?? '';
    const key = String((await ask(getReportKey, undefined)).body);
    writeFileSync(path.join(folder, 'key.pem'), key);
    const prove = (statement: Buffer) => {
      writeFileSync(path.join(folder, 'statement.json'), statement);
      const { status, stdout } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' });
      return `${status} ${stdout.trim()}`;
    };
    for (const format of ['json', 'csv']) {
      const { body } = await ask(exportScreenReport, VENUE, { format, brand: 'dairy' });
      const statement = Buffer.from(String(body));
      expect(prove(statement)).toBe('0 genuine');
      for (const at of [0, 40, Math.floor(statement.length / 2), statement.length - 140, -131, -100, -2, -1]) {
        const index = (at + statement.length) % statement.length;
        expect([at, prove(flipped(statement, index, 5))]).toEqual([at, '1 NOT genuine']);
      }
      expect(prove(Buffer.concat([statement, Buffer.from('\n')]))).toBe('1 NOT genuine');
    }
  });

  it('is no longer genuine with any one bit of it changed', async () => {
    const { body } = await ask(exportScreenReport, brand('dairy'), { from: '2026-11-22' });
    const key = createPublicKey(String((await ask(getReportKey, undefined)).body));
    const genuine = (statement: Buffer): boolean => {
      const [, text, hex] = /^([\s\S]*\n)"([0-9a-f]{128})"\n$/.exec(statement.toString('latin1')) ?? [];
      return hex !== undefined && verify(null, Buffer.from(text ?? '', 'latin1'), key, Buffer.from(hex, 'hex'));
    };
    const statement = Buffer.from(String(body));
    expect(genuine(statement)).toBe(true);
    const accepted = Array.from({ length: statement.length * 8 }, (_, bit) => bit).filter((bit) =>
      genuine(flipped(statement, bit >> 3, bit & 7)),
    );
    expect(accepted).toEqual([]);
    const [said = ''] = String(body).split('\n');
    expect(JSON.parse(said)).toMatchObject({ brand: 'dairy', rows: [{ redemptions: 1 }], from: '2026-11-22' });
    expect(said).not.toMatch(/bread|house/);
  });
});

function flipped(bytes: Buffer, index: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}
