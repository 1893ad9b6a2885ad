import type { DynamoDBRecord } from 'aws-lambda';
import { digestId } from '#core/hash.ts';
import type { Segment } from '#core/model/segment.ts';
import { type Known, membershipChange } from '#core/people/membership.ts';
import { fromItem, type Item } from '#store/client.ts';
import { peopleKeys } from '#store/keys.ts';
import { personOf } from '#store/people.ts';
import type { MembershipMessage } from '../deliver-webhook/deliver.ts';
import type { OutgoingMessage } from '../shared/queues.ts';
import type { Runtime } from '../shared/runtime.ts';

type Image = Parameters<typeof fromItem>[0];

/**
 * Who has entered or left a segment that wants to tell somebody, from the changes of people to messages. The stream
 * delivers at least once and so does this, under the same id. All or nothing: a failure throws, and the stream delivers
 * again.
 */
export async function tellMemberships(records: readonly DynamoDBRecord[], runtime: Runtime): Promise<void> {
  const outgoing: OutgoingMessage[] = [];
  for (const { dynamodb } of records) {
    const brand = peopleKeys.brandOfPerson(dynamodb?.Keys?.pk?.S ?? '');
    if (brand === undefined || !dynamodb?.NewImage) continue;
    const { snapshot } = await runtime.catalogue.read(brand, () => ({}));
    const telling = [...snapshot.segments.values()].filter(({ webhook }) => webhook !== undefined);
    if (telling.length === 0) continue;
    const after = fromItem<Item>(dynamodb.NewImage as Image);
    const before = dynamodb.OldImage && fromItem<Item>(dynamodb.OldImage as Image);
    const changes = changesOf(runtime, brand, { telling, before, after });
    // The group is whose turn it is: one brand's import does not keep the others waiting.
    outgoing.push(...changes.map((body) => ({ body, group: brand })));
  }
  if (outgoing.length > 0) await runtime.send('webhook', outgoing);
}

type Change = { telling: readonly Segment[]; before: Item | undefined; after: Item };

function changesOf(runtime: Runtime, brand: string, { telling, before, after }: Change): MembershipMessage[] {
  const now = runtime.now();
  const { personId, version } = after as { personId: string; version: number };
  const images = { before: before && knownOf(before), after: knownOf(after) };
  return telling.flatMap(({ segmentId, rule }) => {
    const type = membershipChange(rule, images, now);
    if (!type) return [];
    const webhookId = digestId('segment-webhook', brand, segmentId, personId, String(version), type);
    return [{ brand, webhookId, type, segmentId, personId, at: new Date(now).toISOString() }];
  });
}

function knownOf(item: Item): Known {
  const { person, standing } = personOf(item);
  return { person, consents: standing.consents };
}
