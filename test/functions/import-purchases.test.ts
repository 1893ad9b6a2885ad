import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { importPurchases } from '#functions/purchases/import.ts';
import { listPurchases } from '#functions/purchases/purchases.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import { putPerson } from '#store/people.ts';
import { BRAND, openShop, type Shop } from '#test/store/shop.ts';

type Case = {
  name: string;
  query: Record<string, string>;
  body: string[];
  answer?: { imported: number; unchanged: number; rejected: unknown[] };
  problem?: object;
  /** Mei's, newest first. */
  purchases?: object[];
};
const cases: Case[] = JSON.parse(readFileSync(new URL('../cases/imports/orders.json', import.meta.url), 'utf8'));

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  const identifiers = [{ kind: 'email', value: 'mei@example.com' } as const];
  await putPerson(shop.db, BRAND, 'mei', { identifiers, attributes: {}, consents: [] });
});

function request(bytes: Buffer, query: Record<string, string>, path: Record<string, string> = {}): HttpRequest {
  return {
    runtime: shop.process(),
    caller: { tenant: { kind: 'brand', id: BRAND }, role: 'marketer', subject: 'test' } as never,
    path,
    query,
    headers: {},
    body: undefined,
    text: bytes.toString('utf8'),
    bytes,
    cookies: {},
  };
}
const send = (body: string, query: Record<string, string>) => importPurchases(request(Buffer.from(body), query));

describe('orders that are imported', () => {
  it.each(cases)('$name', async ({ query, body, answer, problem, purchases }) => {
    const text = body.join('\n');
    if (problem) {
      const refused: unknown = await send(text, query).catch((error) => error);
      expect(refused).toMatchObject(problem);
      return;
    }
    const { imported = 0, rejected = [] } = answer ?? {};
    expect(await send(text, query)).toEqual({ status: 200, body: answer });
    const listed = async () =>
      (await listPurchases(request(Buffer.from(''), {}, { personId: 'mei' }))).body as {
        items: { recordedAt?: string }[];
      };
    const first = await listed();
    if (purchases) expect(first.items.map(({ recordedAt: _, ...told }) => told)).toEqual(purchases);
    expect(await send(text, query)).toEqual({ status: 200, body: { imported: 0, unchanged: imported, rejected } });
    expect(await listed()).toEqual(first);
  });

  it('are taken or refused one by one, whatever comes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ndjson', 'shopify-orders', 'square-orders'),
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        async (format, noise, isTable) => {
          const head = isTable ? 'Id,Name,Financial Status,Currency,Total,Created at\n' : '';
          const bytes = Buffer.concat([Buffer.from(head), noise]);
          const answer = await importPurchases(request(bytes, { format })).catch((error) => error);
          expect(answer instanceof Problem || answer.status === 200).toBe(true);
        },
      ),
      { numRuns: 200 },
    ));
});
