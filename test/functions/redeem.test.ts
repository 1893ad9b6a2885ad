import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REDEMPTION_ACTIONS, RESERVATION_MS, stateAt } from '#core/offers/redemption.ts';
import { createRandom } from '#local/random.ts';
import { referenceCoupon } from '../core/redemption-model.ts';
import { type Answer, HOUR_MS, openTills, START } from './till-world.ts';

const SEED = Number(process.env.SEED ?? 20261122);
const MINUTE_MS = 60_000;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

let tills: Awaited<ReturnType<typeof openTills>>;
let sendThrough: typeof tills.world.send;
let coupons = 0;
const nextId = () => {
  coupons += 1;
  return `coupon-${coupons}`;
};
beforeAll(async () => {
  tills = await openTills();
  sendThrough = tills.world.send;
});
afterAll(() => tills.close());
beforeEach(() => {
  tills.world.now = START;
  tills.world.send = sendThrough;
});

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

describe('many tills and one code', () => {
  it(`is redeemed once, whatever answers are lost (SEED=${SEED})`, async () => {
    const random = createRandom(SEED).next;
    // What a lost answer makes of a write: the client sends it again, or the till gets an error and asks again itself.
    tills.world.send = (async (command: never) => {
      const answer = await sendThrough(command);
      if (!((command as object) instanceof UpdateItemCommand)) return answer;
      const fate = random();
      if (fate < 0.3) return await sendThrough(command);
      if (fate < 0.6) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      return answer;
    }) as typeof sendThrough;
    const untilAnswered = async (ask: () => Promise<Answer>): Promise<Answer> => {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          if ((error as Error).name !== 'TimeoutError') throw error;
        }
      }
    };
    for (let round = 0; round < 6; round += 1) {
      const { code, qrCode } = await tills.issue(nextId());
      const ask = (n: number) => untilAnswered(() => tills.ask('redeem', n % 2 === 0 ? code : qrCode, `r-${n}`));
      const answers = await Promise.all(times(200, ask));
      expect(statuses(answers)).toEqual([200, ...times(199, () => 409)]);
      const winner = answers.findIndex(({ status }) => status === 200);
      tills.world.now += 5 * HOUR_MS;
      expect(await ask(winner)).toEqual(answers[winner]);
      tills.world.now = START;
    }
  });

  it(`is answered as by the reference, over any sequence (SEED=${SEED})`, async () => {
    const step = fc.record({
      action: fc.constantFrom(...REDEMPTION_ACTIONS),
      redemptionId: fc.constantFrom('r1', 'r2', 'r3'),
      tillId: fc.constantFrom('till-1', 'till-1', 'till-2'),
      waitMs: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(0, 1) },
        { weight: 1, arbitrary: fc.constantFrom(RESERVATION_MS - 1, RESERVATION_MS, HOUR_MS) },
      ),
    });
    const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30, size: 'max' }), async (steps) => {
      tills.world.now = START;
      const couponId = nextId();
      const { code } = await tills.issue(couponId);
      const reference = referenceCoupon(START + 4 * HOUR_MS);
      const first = new Map<string, string>();
      for (const { action, redemptionId, tillId, waitMs } of steps) {
        tills.world.now += waitMs;
        const expected = reference.ask(action, redemptionId, tillId, tills.world.now);
        const got = await tills.ask(action, code, redemptionId, { tillId });
        expect([action, redemptionId, got.status === 200]).toEqual([action, redemptionId, expected !== 'no']);
        // One text of the reference is one answer of ours, byte by byte.
        if (got.status === 200) expect(first.get(expected) ?? got.text).toBe(got.text);
        first.set(expected, got.text);
      }
      const state = stateAt(await tills.stored(couponId), tills.world.now);
      expect(state === 'redeemed').toBe(reference.netRedemptions() === 1);
    });
    await fc.assert(property, { seed: SEED, numRuns: 50 });
  });

  it(`keeps its books when tills do everything at once (SEED=${SEED})`, async () => {
    const random = createRandom(SEED).next;
    for (let round = 0; round < 20; round += 1) {
      const couponId = nextId();
      const { code } = await tills.issue(couponId);
      const done: string[] = [];
      await Promise.all(
        times(12, async (till) => {
          for (let n = 0; n < 6; n += 1) {
            const action = REDEMPTION_ACTIONS[Math.floor(random() * 3)] ?? 'redeem';
            const id = `r-${till}-${Math.floor(random() * 2)}`;
            const { status } = await tills.ask(action, code, id, { caller: `token-${till}` });
            expect(status).toBeOneOf([200, 409, 503]);
            if (status === 200) done.push(`${action} ${id}`);
          }
        }),
      );
      const { spentRedemptions = [], redemption, state } = await tills.stored(couponId);
      const spent = spentRedemptions.map(({ redemptionId }) => redemptionId);
      expect(new Set(spent).size).toBe(spent.length);
      const redeemed = new Set(done.filter((text) => text.startsWith('redeem')).map((text) => text.slice(7)));
      const rolledBack = new Set(done.filter((text) => text.startsWith('rollback')).map((text) => text.slice(9)));
      expect([...rolledBack].sort()).toEqual([...spent].sort());
      // What was redeemed and not rolled back is what the coupon says, and is one at most.
      const net = [...redeemed].filter((id) => !rolledBack.has(id));
      expect(net).toEqual(redemption ? [redemption.redemptionId] : []);
      expect(state === 'redeemed').toBe(net.length === 1);
    }
  });
});

describe('a reservation', () => {
  it('holds against others until its time is up, and is committed by its own id', async () => {
    const { code } = await tills.issue(nextId());
    const reserved = await tills.ask('reserve', code, 'r1');
    expect(JSON.parse(reserved.text)).toMatchObject({ state: 'reserved', reservedUntil: '2026-11-22T10:15:00.000Z' });
    expect(await tills.ask('reserve', code, 'r1')).toEqual(reserved);
    tills.world.now = START + RESERVATION_MS - 1;
    const refused = await tills.ask('redeem', code, 'r2');
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('until 2026-11-22T10:15:00.000Z')]);
    expect((await tills.ask('redeem', code, 'r1')).status).toBe(200);
    expect(await tills.ask('reserve', code, 'r1')).toEqual(reserved);
  });

  it('is freed by the clock once: a late commit and others race for it, and one wins', async () => {
    const winners = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      tills.world.now = START;
      const { code } = await tills.issue(nextId());
      expect((await tills.ask('reserve', code, 'r0')).status).toBe(200);
      tills.world.now = START + RESERVATION_MS;
      const ids = round % 2 === 0 ? ['r0', 'r1', 'r2', 'r3'] : ['r3', 'r2', 'r1', 'r0'];
      const answers = await Promise.all(ids.map((id) => tills.ask('redeem', code, id)));
      expect(statuses(answers)).toEqual([200, 409, 409, 409]);
      winners.add(ids[answers.findIndex(({ status }) => status === 200)] ?? '');
    }
    expect(winners.size).toBeGreaterThan(1);
  });

  it('ends with the coupon: nobody gets it then, its holder neither', async () => {
    const { code } = await tills.issue(nextId());
    tills.world.now = START + 4 * HOUR_MS - MINUTE_MS;
    const reserved = await tills.ask('reserve', code, 'r1');
    expect(JSON.parse(reserved.text).reservedUntil).toBe('2026-11-22T14:00:00.000Z');
    tills.world.now = START + 4 * HOUR_MS;
    const answers = await Promise.all(['r1', 'r2'].map((id) => tills.ask('redeem', code, id)));
    expect(statuses(answers)).toEqual([410, 410]);
    expect(JSON.parse((await tills.ask('rollback', code, 'r1')).text)).toMatchObject({ state: 'expired' });
  });
});

describe('a rollback', () => {
  it('makes the coupon usable once more, and ends the redemption that it undid', async () => {
    const couponId = nextId();
    const { code } = await tills.issue(couponId);
    expect((await tills.ask('redeem', code, 'r1')).status).toBe(200);
    const other = await tills.ask('rollback', code, 'r9');
    expect([other.status, JSON.parse(other.text).type]).toEqual([409, 'urn:beckon:problem:redemption-conflict']);
    const [once, again] = [await tills.ask('rollback', code, 'r1'), await tills.ask('rollback', code, 'r1')];
    expect([once.status, again]).toEqual([200, once]);
    const late = await tills.ask('redeem', code, 'r1');
    expect([late.status, late.text]).toEqual([409, expect.stringContaining('rolled back')]);
    expect(statuses(await Promise.all(times(20, (n) => tills.ask('redeem', code, `n-${n}`))))).toEqual([
      200,
      ...times(19, () => 409),
    ]);
    expect(await tills.ask('rollback', code, 'r1')).toEqual(once);
    expect((await tills.stored(couponId)).state).toBe('redeemed');
  });

  it.each(['redeem', 'reserve'] as const)(
    'is not undone by a %s that was sent before it and arrives after',
    async (action) => {
      const couponId = nextId();
      const { code } = await tills.issue(couponId);
      const writes: UpdateItemCommand[] = [];
      tills.world.send = (async (command: never) => {
        if ((command as object) instanceof UpdateItemCommand) writes.push(command);
        return await sendThrough(command);
      }) as typeof sendThrough;
      expect((await tills.ask(action, code, 'r1')).status).toBe(200);
      expect((await tills.ask('rollback', code, 'r1')).status).toBe(200);
      const before = await tills.stored(couponId);
      for (const late of writes) {
        await expect(tills.client.send(new UpdateItemCommand(late.input))).rejects.toThrow(
          ConditionalCheckFailedException,
        );
      }
      expect(writes).toHaveLength(2);
      expect(await tills.stored(couponId)).toEqual(before);
    },
  );
});
