import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Identifier, PersonInput } from '#core/model/person.ts';
import { importPeople } from '#functions/people/import.ts';
import { existing } from '#functions/people/people.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import { putPerson, withdraw } from '#store/people.ts';
import { putTombstone } from '#store/tombstones.ts';
import { BRAND, openShop, type Shop } from '#test/store/shop.ts';

type Known = {
  personId: string;
  identifiers: Identifier[];
  attributes: Record<string, unknown>;
  consents: { purpose: string; channel: string; granted: boolean; at: string }[];
};
type Case = {
  name: string;
  query?: Record<string, string>;
  mapping?: object;
  before?: Record<string, Partial<PersonInput>>;
  bom?: boolean;
  newline?: string;
  body: string[];
  answer?: unknown;
  problem?: { status: number; errors: unknown[] };
  people?: Known[];
};

const FORMATS = ['ndjson', 'csv', 'pinpoint', 'shopify-customers', 'square-customers'];
const casesOf = (format: string): Case[] =>
  JSON.parse(readFileSync(new URL(`../cases/imports/${format}.json`, import.meta.url), 'utf8'));

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});

function request(bytes: Buffer, query: Record<string, string>): HttpRequest {
  return {
    runtime: shop.process(),
    caller: { tenant: { kind: 'brand', id: BRAND }, role: 'marketer', subject: 'test' } as never,
    path: {},
    query,
    headers: {},
    body: undefined,
    text: bytes.toString('utf8'),
    bytes,
    cookies: {},
  };
}

const send = (format: string, body: string | Buffer, query: Record<string, string> = {}) =>
  importPeople(request(Buffer.from(body as string), { format, ...query }));

async function personNow(personId: string): Promise<Known> {
  const { person, standing } = await existing({ ...request(Buffer.from(''), {}), path: { personId } });
  const { identifiers, attributes } = person;
  const consents = Object.entries(standing.consents).map(([key, { granted, at }]) => {
    const [purpose = '', channel = ''] = key.split('/');
    return { purpose, channel, granted, at: new Date(at).toISOString() };
  });
  return { personId, identifiers, attributes, consents };
}

describe.each(FORMATS)('%s', (format) => {
  it.each(casesOf(format))('$name', async ({ query, mapping, before, bom, newline = '\n', body, ...expected }) => {
    for (const [personId, input] of Object.entries(before ?? {})) {
      await putPerson(shop.db, BRAND, personId, { identifiers: [], attributes: {}, consents: [], ...input });
    }
    const text = (bom ? '\uFEFF' : '') + body.join(newline);
    const parameters = { ...query, ...(mapping && { mapping: JSON.stringify(mapping) }) };
    const answer = await send(format, text, parameters).catch((error) => {
      if (!(error instanceof Problem)) throw error;
      return { problem: { status: error.status, errors: error.errors } };
    });
    if (expected.problem) {
      expect(answer).toEqual({ problem: expected.problem });
      return;
    }
    expect(answer).toEqual({ status: 200, body: expected.answer });
    for (const person of expected.people ?? []) expect(await personNow(person.personId)).toEqual(person);

    // The same again is told to have changed nothing, and costs no write.
    if (format === 'ndjson' && before) return;
    const { imported = 0, unchanged = 0, rejected } = expected.answer as Record<string, number>;
    const writes: string[] = [];
    shop.world.wire = async (command, carryOut) => {
      const output = await carryOut();
      if (!command.constructor.name.includes('Get')) writes.push(command.constructor.name);
      return output;
    };
    const again = await send(format, text, parameters);
    expect(again.body).toEqual({ imported: 0, unchanged: imported + unchanged, rejected });
    expect(writes).toEqual([]);
  });
});

/** People with what is easily got wrong: shared handles, changes, refusals. */
const personArbitrary = fc.record({
  personId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
  identifiers: fc.uniqueArray(
    fc.record({ kind: fc.constantFrom('device', 'member'), value: fc.constantFrom('1', '2', '3', '4', '5', '6') }),
    { maxLength: 3, selector: ({ kind, value }) => kind + value },
  ),
  attributes: fc.dictionary(fc.constantFrom('x', 'y'), fc.integer({ min: 0, max: 2 }), { noNullPrototype: true }),
  consents: fc.array(
    fc.record({
      purpose: fc.constant('marketing'),
      channel: fc.constantFrom('email', 'sms'),
      granted: fc.boolean(),
      at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
      source: fc.constant('test'),
    }),
    { maxLength: 2 },
  ),
});
const linesOf = (people: unknown[]): string => people.map((person) => JSON.stringify(person)).join('\n');

/** Everything in the people table but how often somebody was written. */
const peopleRows = (): string[] =>
  [...shop.rows('people')].map(({ version: _, updatedAt: __, ...row }) => JSON.stringify(row)).sort();

describe('the fast path', () => {
  it('leaves exactly the rows that one person after another would, whichever parts the file is sent in', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(personArbitrary, { minLength: 1, maxLength: 7, selector: ({ personId }) => personId }),
        fc.integer({ min: 1, max: 7 }),
        async (people, size) => {
          shop = await openShop();
          const together = (await send('ndjson', linesOf(people))).body;
          const rows = peopleRows();
          shop = await openShop();
          const refused: string[] = [];
          for (const [index, person] of people.entries()) {
            const input = { ...person, personId: undefined } as unknown as PersonInput;
            await putPerson(shop.db, BRAND, person.personId, input).catch((error) => {
              if (error.name !== 'IdentifierTakenError') throw error;
              refused.push(`${index + 1}`);
            });
          }
          expect(peopleRows()).toEqual(rows);
          expect((together as { rejected: { line: number }[] }).rejected.map(({ line }) => `${line}`)).toEqual(refused);
          shop = await openShop();
          for (let first = 0; first < people.length; first += size) {
            await send('ndjson', linesOf(people.slice(first, first + size)));
          }
          expect(peopleRows()).toEqual(rows);
        },
      ),
      { numRuns: 60 },
    ));

  it('writes a thousand people in few transactions, and reads them in as few', async () => {
    const people = Array.from({ length: 1000 }, (_, index) => ({
      personId: `p${index}`,
      identifiers: [
        { kind: 'device', value: `d${index}` },
        { kind: 'email', value: `p${index}@example.com` },
      ],
    }));
    const commands = new Map<string, number>();
    shop.world.wire = (command, carryOut) => {
      commands.set(command.constructor.name, (commands.get(command.constructor.name) ?? 0) + 1);
      return carryOut();
    };
    expect((await send('ndjson', linesOf(people))).body).toEqual({ imported: 1000, unchanged: 0, rejected: [] });
    // Five rows of each: the person, the line in the list, two handles, and that they were not erased.
    expect(commands.get('TransactWriteItemsCommand')).toBe(50);
    expect(commands.get('BatchGetItemCommand')).toBeLessThanOrEqual(50);
  });

  it('writes the others when one of many has been changed meanwhile, and that one as it then is', async () => {
    const people = ['a', 'b', 'c'].map((personId) => ({ personId, attributes: { x: 1 } }));
    let first = true;
    shop.world.wire = async (command, carryOut) => {
      if (first && command.constructor.name === 'TransactWriteItemsCommand') {
        first = false;
        const consents = [
          { purpose: 'marketing', channel: 'email', granted: false, at: '2026-05-01T00:00:00.000Z', source: 'u' },
        ] as PersonInput['consents'];
        await putPerson(shop.db, BRAND, 'b', { identifiers: [], attributes: {}, consents });
      }
      return carryOut();
    };
    expect((await send('ndjson', linesOf(people))).body).toEqual({ imported: 3, unchanged: 0, rejected: [] });
    const withdrawn = { purpose: 'marketing', channel: 'email', granted: false, at: '2026-05-01T00:00:00.000Z' };
    expect(await personNow('b')).toMatchObject({ attributes: { x: 1 }, consents: [withdrawn] });
    expect(await personNow('c')).toMatchObject({ attributes: { x: 1 } });
  });
});

describe('whatever comes', () => {
  const mapping = JSON.stringify({ personId: 'id', email: 'email', attributes: { tier: 'tier' } });

  it('is taken or refused line by line, and never breaks anything', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...FORMATS), fc.uint8Array({ maxLength: 400 }), async (format, noise) => {
        const bytes = Buffer.concat([Buffer.from(format === 'csv' ? 'id,email,tier\n' : ''), noise]);
        const query = { format, ...(format === 'csv' && { mapping }) };
        const answer = await importPeople(request(bytes, query)).catch((error) => error);
        expect(answer instanceof Problem || answer.status === 200).toBe(true);
      }),
      { numRuns: 200 },
    ));

  it('is called by what it is where it is no text', async () => {
    const bytes = Buffer.concat([Buffer.from('id,email,tier\na,,'), Buffer.from([0xff]), Buffer.from('\nb,,gold\n')]);
    expect((await importPeople(request(bytes, { format: 'csv', mapping }))).body).toEqual({
      imported: 1,
      unchanged: 0,
      rejected: [{ line: 2, personId: 'a', reason: 'is not UTF-8' }],
    });
  });

  it('is refused in parts that are too large to write', async () => {
    const lines = Array.from({ length: 10_001 }, (_, index) => JSON.stringify({ personId: `p${index}` })).join('\n');
    await expect(send('ndjson', lines)).rejects.toMatchObject({ kind: 'too-large' });
  });
});

describe('who has withdrawn since', () => {
  const at = '2026-11-21T00:00:00.000Z';
  const vouched = { consent: 'shopify-export', consentAt: at };
  const csv = 'Customer ID,Email,Accepts Email Marketing\n7,mei@example.com,yes\n';
  const now = async (personId: string) => (await personNow(personId)).consents;
  const unsubscribe = () =>
    withdraw(shop.db, BRAND, 'shopify-7', {
      scopes: [{ purpose: 'marketing', channel: 'email' }],
      now: Date.parse('2026-11-20T00:00:00Z'),
      source: 'one-click-unsubscribe',
    });

  it('is not taken to have agreed again by an export that knows no time of it', async () => {
    await send('shopify-customers', csv, vouched);
    expect(await now('shopify-7')).toEqual([{ purpose: 'marketing', channel: 'email', granted: true, at }]);
    await unsubscribe();
    const later = { ...vouched, consentAt: '2026-11-22T00:00:00.000Z' };
    await send('shopify-customers', csv, later);
    expect((await now('shopify-7')).map(({ granted }) => granted)).toEqual([false]);
    const mapping = {
      personId: { column: 'Customer ID', prefix: 'shopify-' },
      consents: [
        {
          purpose: 'marketing',
          channel: 'any',
          column: 'Accepts Email Marketing',
          granted: ['yes'],
          at: later.consentAt,
          source: 'x',
        },
      ],
    };
    await send('csv', csv, { mapping: JSON.stringify(mapping) });
    expect((await now('shopify-7')).map(({ granted }) => granted)).toEqual([false]);
  });

  it('has agreed again when the export says when', async () => {
    await send('shopify-customers', csv, vouched);
    await unsubscribe();
    const customer = {
      id: 7,
      email: 'mei@example.com',
      email_marketing_consent: { state: 'subscribed', consent_updated_at: '2026-11-22T00:00:00Z' },
    };
    await send('shopify-customers', JSON.stringify(customer));
    expect((await now('shopify-7')).map(({ granted }) => granted)).toEqual([true]);
  });
});

it('brings nobody in again who was erased, whatever the file says that they agreed to', async () => {
  const runtime = shop.process();
  const linkSecret = await runtime.secret('linkSecret');
  const erasedAt = runtime.now() - 1000;
  for (const subject of [{ personId: 'gone' }, { kind: 'email', value: 'gone@example.com' } as const]) {
    await putTombstone(shop.db, BRAND, linkSecret, { subject, erasedAt, receiptId: 'r1' });
  }
  const consents = [
    { purpose: 'marketing', channel: 'any', granted: true, at: new Date(erasedAt + 500).toISOString(), source: 'x' },
  ];
  const identifiers = [{ kind: 'email', value: 'Gone@example.com' }];
  const people = [{ personId: 'gone', consents }, { personId: 'other', identifiers, consents }, { personId: 'stays' }];
  expect((await send('ndjson', linesOf(people))).body).toEqual({
    imported: 1,
    unchanged: 0,
    rejected: [
      { line: 1, personId: 'gone', reason: 'erased', pointer: '/personId' },
      { line: 2, personId: 'other', reason: 'erased', pointer: '/identifiers/0' },
    ],
  });
});
