import type { DynamoDBRecord } from 'aws-lambda';
import { digestId } from '#core/hash.ts';
import type { BrandRules } from '#core/model/brand.ts';
import type { Segment } from '#core/model/segment.ts';
import { foldProfiles } from '#core/people/fold.ts';
import { type Known, membershipChange } from '#core/people/membership.ts';
import { withRegion } from '#core/people/regions.ts';
import { type Database, fromItem, type Item } from '#store/client.ts';
import { peopleKeys } from '#store/keys.ts';
import { personOf, type StoredPerson } from '#store/people.ts';
import { batchGet } from '#store/read.ts';
import type { MembershipMessage } from '../deliver-webhook/deliver.ts';
import type { OutgoingMessage } from '../shared/queues.ts';
import { regionsAskedBy } from '../shared/regions.ts';
import type { Runtime } from '../shared/runtime.ts';

type StreamImage = NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>;

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
    const regions = await regionsAskedBy(
      runtime,
      brand,
      telling.map(({ rule }) => rule),
    );
    const known = async (image: StreamImage): Promise<Known> => {
      const { person, standing } = await asImaged(runtime.db, brand, personOf(itemOf(image)));
      return { person: withRegion(person, regions), consents: standing.consents };
    };
    const version = String(itemOf(dynamodb.NewImage).version);
    const images = {
      before: dynamodb.OldImage && (await known(dynamodb.OldImage)),
      after: await known(dynamodb.NewImage),
    };
    const changes = changesOf(runtime, brand, { telling, version, images, rules: snapshot.meta.rules });
    // The group is whose turn it is: one brand's import does not keep the others waiting.
    outgoing.push(...changes.map((body) => ({ body, group: brand })));
  }
  if (outgoing.length > 0) await runtime.send('webhook', outgoing);
}

type Change = {
  telling: readonly Segment[];
  /** Of the item, after the change. */
  version: string;
  images: { before: Known | undefined; after: Known };
  rules: BrandRules;
};

function changesOf(runtime: Runtime, brand: string, { telling, version, images, rules }: Change): MembershipMessage[] {
  const now = runtime.now();
  const { personId: changed, profiles } = images.after.person;
  // Of somebody with several profiles the first stands for all of them, whichever has changed.
  const who = { personId: profiles?.[0] ?? changed, ...(profiles && { profiles: [...profiles] }) };
  return telling.flatMap(({ segmentId, rule }) => {
    const type = membershipChange(rule, images, { brand: rules, now });
    if (!type) return [];
    const webhookId = digestId('segment-webhook', brand, segmentId, changed, version, type);
    return [{ brand, webhookId, type, segmentId, ...who, at: new Date(now).toISOString() }];
  });
}

/**
 * The person of a profile with the others that it named then, as these are now: the change is this one's. Also with one
 * that it has been parted from since, or nobody would leave by being parted.
 */
async function asImaged(db: Database, brand: string, profile: StoredPerson): Promise<StoredPerson> {
  const { personId, profiles = [] } = profile.person;
  const keys = profiles.filter((id) => id !== personId).map((id) => peopleKeys.person(brand, id));
  if (keys.length === 0) return profile;
  const found = await batchGet(db, { people: keys });
  const others = keys.flatMap((key) => {
    const item = found.get('people', key);
    return item ? [personOf(item)] : [];
  });
  return foldProfiles(profile, others);
}

/** An item as a stream tells it; Lambda, which passes it on as JSON, has bytes in base64. */
function itemOf(image: StreamImage): Item {
  const entries = Object.entries(image).map(([name, value]) => {
    const bytes: unknown = value.B;
    return [name, typeof bytes === 'string' ? { B: Buffer.from(bytes, 'base64') } : value];
  });
  return fromItem<Item>(Object.fromEntries(entries) as Parameters<typeof fromItem>[0]);
}
