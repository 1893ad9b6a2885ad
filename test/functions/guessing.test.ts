import { BatchGetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countCapacity } from '#bench/capacity.ts';
import { parseCouponCode } from '#core/offers/coupon-code.ts';
import { BAD_GUESSES_PER_BRAND, BAD_GUESSES_PER_CALLER, isLockedOut } from '#core/offers/guessing.ts';
import { type Answer, openTills, START } from './till-world.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const MINUTE_MS = 60_000;
const UNKNOWN = '0000-0000-0000-0';
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

let tills: Awaited<ReturnType<typeof openTills>>;
let sendThrough: typeof tills.world.send;
/** What the store was asked, in the order in which it was. */
let asked: string[] = [];
let right = { code: '', qrCode: '' };
let foreign = { code: '', qrCode: '' };
let minutes = 0;
beforeAll(async () => {
  tills = await openTills();
  sendThrough = tills.world.send;
  right = await tills.issue('mine');
  foreign = await tills.issue('theirs', 'lighthouse');
});
afterAll(() => tills.close());
beforeEach(() => {
  // A minute of its own for every test.
  minutes += 1;
  tills.world.now = START + minutes * MINUTE_MS;
  asked = [];
  tills.world.send = (async (command: never) => {
    const { input } = command as { input: Record<string, object> };
    const keys = Object.values<{ Keys: unknown[]; ConsistentRead: boolean }>({ ...input.RequestItems });
    const of = keys.map(({ Keys, ConsistentRead }) => ` of ${Keys.length}${ConsistentRead ? ', consistent' : ''}`);
    asked.push(`${(command as object).constructor.name}${of.join()}`);
    return await sendThrough(command);
  }) as typeof sendThrough;
});

const READ = `${BatchGetItemCommand.name} of 3, consistent`;
const COUNT = UpdateItemCommand.name;
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);

/** The code with another tail, and the check symbol that belongs to it. */
function wrongTail(qrCode: string): string {
  const symbols = qrCode.replaceAll('-', '');
  const data = symbols.slice(0, 15) + (symbols[15] === '0' ? '1' : '0');
  return [...ALPHABET].map((check) => data + check).find((code) => parseCouponCode(code)) ?? '';
}

describe('codes that are none', () => {
  it('cost the same reads and get the same bytes, whatever is wrong with them', async () => {
    const wrong = {
      unknown: UNKNOWN,
      'unknown, scanned': '0000-0000-0000-0000-0',
      'a wrong tail': wrongTail(right.qrCode),
      'a wrong check symbol': right.code.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      'another brand’s': foreign.code,
      'another brand’s, scanned': foreign.qrCode,
      malformed: 'x',
      empty: '',
      'too long': 'x'.repeat(5000),
      'not Latin': '字😀',
    };
    const seen = new Map<string, string[]>();
    for (const [name, code] of Object.entries(wrong)) {
      for (const action of ['reserve', 'redeem', 'rollback'] as const) {
        asked = [];
        const answer = await tills.ask(action, code, 'r1', { caller: `${action} ${name}` });
        const key = JSON.stringify([answer, asked]);
        seen.set(key, [...(seen.get(key) ?? []), `${action} ${name}`]);
      }
    }
    expect([...seen.entries()]).toHaveLength(1);
    const [answer, requests] = JSON.parse([...seen.keys()][0] ?? '[]');
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([404, 'urn:beckon:problem:not-found']);
    expect(requests).toEqual([READ, COUNT, COUNT]);
    // The same codes where they are right.
    expect((await tills.ask('redeem', foreign.qrCode, 'r1', { brand: 'lighthouse' })).status).toBe(200);
  });

  it('are told from those that are right, typed or scanned; these cost few reads and one write', async () => {
    const { code, qrCode } = await tills.issue('measured');
    const meter = countCapacity(tills.client);
    expect((await tills.ask('reserve', qrCode.toLowerCase(), 'r1')).status).toBe(200);
    expect(asked).toEqual([READ, 'GetItemCommand', 'UpdateItemCommand']);
    const units = meter.rows().map(({ operation, table, units: n }) => `${operation} ${table} ${n}`);
    expect(units).toEqual(['BatchGetItemCommand offers 3', 'GetItemCommand catalogue 1', 'UpdateItemCommand offers 1']);
    expect((await tills.ask('redeem', code, 'r1')).status).toBe(200);
    asked = [];
    // Again, because its answer was lost: nothing is written; that the buyer remembers it is looked up.
    expect((await tills.ask('redeem', qrCode, 'r1')).status).toBe(200);
    expect(asked).toEqual([READ, 'GetItemCommand']);
  });
});

describe('guessing', () => {
  it('is answered ten times a minute; then its caller learns nothing, of right codes neither', async () => {
    const { code } = await tills.issue('guessed');
    const guess = () => tills.ask('redeem', UNKNOWN, 'r1', { caller: 'guesser' });
    tills.world.now += 15_000;
    const answers: Answer[] = [];
    for (let n = 0; n < BAD_GUESSES_PER_CALLER; n += 1) answers.push(await guess());
    expect(statuses(answers)).toEqual(times(10, () => 404));
    asked = [];
    const refused = await guess();
    expect(refused).toMatchObject({ status: 429, retryAfterSeconds: 45 });
    expect(JSON.parse(refused.text).type).toBe('urn:beckon:problem:too-many-attempts');
    for (const action of ['reserve', 'redeem', 'rollback'] as const) {
      expect(await tills.ask(action, code, 'r1', { caller: 'guesser' })).toEqual(refused);
    }
    expect(asked).toEqual(times(4, () => READ));
    expect((await tills.stored('guessed')).state).toBe('issued');
    // The till beside it works, and so does the guesser's from the next minute on.
    expect((await tills.ask('redeem', code, 'r1', { caller: 'honest' })).status).toBe(200);
    tills.world.now += 45_000 - 1;
    expect((await guess()).status).toBe(429);
    tills.world.now += 1;
    expect((await guess()).status).toBe(404);
  });

  it('gets no more answers by asking all at once', async () => {
    const answers = await Promise.all(times(60, (n) => tills.ask('redeem', UNKNOWN, `r${n}`, { caller: 'hasty' })));
    expect(statuses(answers).sort()).toEqual([...times(10, () => 404), ...times(50, () => 429)]);
  });

  it('by many callers together locks out those who have guessed wrong, and nobody else', async () => {
    const { code } = await tills.issue('besieged');
    const guess = (caller: string) => tills.ask('redeem', UNKNOWN, 'r1', { caller });
    for (let caller = 0; caller < BAD_GUESSES_PER_BRAND / 10; caller += 1) {
      expect(statuses(await Promise.all(times(10, () => guess(`stolen-${caller}`))))).toEqual(times(10, () => 404));
    }
    expect(statuses([await guess('fresh'), await guess('fresh')])).toEqual([404, 429]);
    expect((await tills.ask('redeem', code, 'r1', { caller: 'fresh' })).status).toBe(429);
    expect((await tills.ask('redeem', code, 'r1', { caller: 'honest' })).status).toBe(200);
    // Another brand's callers have nothing to do with it.
    const elsewhere = { caller: 'fresh', brand: 'lighthouse' };
    expect(
      statuses([await tills.ask('redeem', code, 'r1', elsewhere), await tills.ask('redeem', code, 'r1', elsewhere)]),
    ).toEqual([404, 404]);
  });

  it.each([
    [{ caller: 0, brand: 1e9 }, false],
    [{ caller: 1, brand: BAD_GUESSES_PER_BRAND - 1 }, false],
    [{ caller: 1, brand: BAD_GUESSES_PER_BRAND }, true],
    [{ caller: BAD_GUESSES_PER_CALLER - 1, brand: 20 }, false],
    [{ caller: BAD_GUESSES_PER_CALLER, brand: 20 }, true],
  ])('locks out %j: %s', (guesses, expected) => expect(isLockedOut(guesses)).toBe(expected));
});
