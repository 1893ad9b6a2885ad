import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalSchema } from '#core/model/signal.ts';
import { createRandom } from '#local/random.ts';
import { MAC, open, VENDORS, type Vendor } from './connector-vendors.ts';
import { openDoors, START } from './connector-world.ts';
import { SHOPS } from './shop-vendors.ts';

const SEED = Number(process.env.SEED ?? 20261122);
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

/** A copy of `bytes` that has been damaged in a few places: bytes changed, cut out, doubled, or nonsense put in. */
function damaged(bytes: Buffer, random: () => number): Buffer {
  const parts = [...bytes];
  const at = () => Math.floor(random() * (parts.length + 1));
  for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) {
    const kind = Math.floor(random() * 5);
    const where = at();
    if (kind === 0) parts[where] = Math.floor(random() * 256);
    else if (kind === 1) parts.splice(where, Math.floor(random() * 40));
    else if (kind === 2) parts.splice(where, 0, ...parts.slice(where, where + Math.floor(random() * 60)));
    else if (kind === 3) parts.splice(where, 0, ...Buffer.from(NONSENSE[Math.floor(random() * NONSENSE.length)] ?? ''));
    else parts.length = Math.min(parts.length, where);
  }
  return Buffer.from(parts);
}
const NONSENSE = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e999',
  '"\\ud800"',
  '__proto__',
  'constructor',
  '\0',
  '\u202e',
  ']]>',
  '&#x41;',
  '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
  '253402300800000',
];
/** JSON with values where others belong: the vendors' own fields, and anything in them. */
const fields = fc.constantFrom(
  ...['secret', 'type', 'data', 'observations', 'clientMac', 'latestRecord', 'time', 'topic', 'events', 'mac'],
  ...['timestamp', 'zone_id', 'devicePresence', 'location', 'parent', 'value', 'Acct-Status-Type', 'signals', 'at'],
  ...[
    'subject',
    'kind',
    'beacon',
    'hwid',
    'source',
    'userId',
    'id',
    'device',
    'phoneNumber',
    'FromUserName',
    'Encrypt',
  ],
  ...['email', 'customer', 'line_items', 'total_price', 'currency', 'financial_status', 'discount_codes', 'updated_at'],
  ...['email_marketing_consent', 'orders_to_redact', 'shop_id', 'shop_domain', 'object', 'payment', 'total_money'],
);
const anything = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(
      'WiFi',
      'zone',
      'enter',
      'beacon',
      'event',
      'supersecret',
      MAC,
      START,
      START / 1000,
      'paid',
      '5.00',
      'USD',
      'payment.updated',
      '2026-11-22T09:00:00Z',
      '\ud800',
      null,
      true,
      -0,
      2 ** 53,
    ),
    fc.string(),
    fc.double(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fields, tie('any'), { maxKeys: 6 }),
  ),
})).any;

describe.each<Omit<Vendor, 'signal'> & { more?: object }>([...VENDORS, ...SHOPS])(
  `any bytes at the door of $kind (SEED=${SEED})`,
  (vendor) => {
    it('end in a 2xx or a 4xx, signed or not, and whatever becomes a signal is one', async () => {
      const doors = await openDoors();
      await open(doors, vendor, vendor.more);
      const statuses = new Map<number, number>();
      const post = async (body: Buffer, options: object) => {
        const { status, text } = await doors.post('door', body, options);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect([body.toString('latin1'), status, text]).toEqual([
          expect.anything(),
          expect.toBeOneOf(EXPECTED),
          expect.anything(),
        ]);
        doors.world.now += 1000;
      };
      const sign = (body: Buffer) => vendor.sign(body.toString('utf8'), doors.world.now);
      const { next: random } = createRandom(SEED);
      for (let run = 0; run < RUNS; run += 1) {
        const { body, ...options } = vendor.message(doors.world.now);
        // A signature is of text here: what is no UTF-8 goes unsigned.
        const other = Buffer.from(damaged(Buffer.from(body), random).toString('utf8'));
        await post(other, sign(other));
        await post(damaged(Buffer.from(body), random), options);
      }
      await fc.assert(
        fc.asyncProperty(anything, async (value) => {
          const body = Buffer.from(JSON.stringify(value) ?? '');
          await post(body, sign(body));
        }),
        { seed: SEED, numRuns: RUNS },
      );
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.string(), async (bytes, text) => {
          await post(Buffer.from(bytes), {
            headers: {
              authorization: text,
              'x-line-signature': text,
              'x-mist-signature-v2': text,
              'webhook-id': text,
              'x-shopify-hmac-sha256': text,
              'x-shopify-topic': text,
              'x-square-hmacsha256-signature': text,
            },
            query: { signature: text, timestamp: text, nonce: text, msg_signature: text },
          });
        }),
        { seed: SEED, numRuns: RUNS },
      );
      for (const signal of doors.signals) expect(SignalSchema.safeParse(signal).error).toBeUndefined();
      // Some of it must have been understood, or nothing was tried.
      expect([...statuses].filter(([status]) => status < 300 && status >= 200)).not.toEqual([]);
    }, 60_000);
  },
);

const EXPECTED = [200, 202, 204, 400, 401, 413];
