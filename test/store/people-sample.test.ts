import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Item, toItem } from '#store/client.ts';
import { peopleKeys } from '#store/keys.ts';
import { listPeople, listShard } from '#store/people.ts';
import { samplePeople } from '#store/people-sample.ts';
import { BRAND, openShop } from './shop.ts';

const personItem = (personId: string, changes: Item = {}): Item => ({
  ...peopleKeys.person(BRAND, personId),
  entity: 'person',
  personId,
  identifiers: [],
  attributes: {},
  consents: {},
  pastOffers: [],
  version: 1,
  ...changes,
});

async function shopWith(people: readonly Item[]) {
  const shop = await openShop();
  const items = people.flatMap((person) => {
    const personId = person.personId as string;
    return [person, peopleKeys.listed(BRAND, listShard(personId), personId)];
  });
  for (let start = 0; start < items.length; start += 25) {
    const requests = items.slice(start, start + 25).map((item) => ({ PutRequest: { Item: toItem(item) } }));
    await shop.db.client.send(new BatchWriteItemCommand({ RequestItems: { people: requests } }));
  }
  return shop;
}

describe('a sample of people', () => {
  it('is everybody where there are few, and the list has each once', async () => {
    const ids = Array.from({ length: 120 }, (_, index) => `p-${index}`);
    const { db } = await shopWith(ids.map((id) => personItem(id)));
    const { covered, people } = await samplePeople(db, BRAND, 50);
    expect(covered).toBe(1);
    expect(people.map(({ personId }) => personId).sort()).toEqual([...ids].sort());

    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listPeople(db, BRAND, { limit: 7, cursor });
      listed.push(...page.items.map(({ personId }) => personId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(listed.sort()).toEqual([...ids].sort());
  });

  it('of many is few, from every part, and its share of the list is its share of the people', async () => {
    const { db } = await shopWith(Array.from({ length: 8000 }, (_, index) => personItem(`customer-${index}`)));
    const { covered, people } = await samplePeople(db, BRAND, 60);
    expect(people.length).toBeLessThan(16 * 60);
    expect(people.length).toBeGreaterThan(16 * 35);
    // Three standard errors of 750 people: a list in the order of ids would be far off.
    expect(people.length / covered / 8000).toBeGreaterThan(0.87);
    expect(people.length / covered / 8000).toBeLessThan(1.13);
    const numbers = people.map(({ personId }) => Number(personId.slice('customer-'.length)));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean).toBeGreaterThan(3700);
    expect(mean).toBeLessThan(4300);
  });

  it('has somebody with several profiles once', async () => {
    const group = ['p-1', 'p-2'];
    const { db } = await shopWith([personItem('p-1', { group }), personItem('p-2', { group }), personItem('p-3')]);
    const { people } = await samplePeople(db, BRAND, 50);
    expect(people.map(({ personId }) => personId).sort()).toEqual(['p-1', 'p-3']);
  });
});
