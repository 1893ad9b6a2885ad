import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Database, type Item, toItem } from './client.ts';
import { playKeys, type Tenant } from './keys.ts';

/** A year can be compared with the one before it. */
const EFFECT_TTL_SECONDS = 400 * 86_400;

/** Somebody tapped or scanned at a screen, and which brand's creative it is credited to; `at` in epoch milliseconds. */
export type Tap = { brand: string; creativeId?: string | undefined; signalId: string; at: number };

/** The sort key of a creative's effects; `-` where nobody knows what was on air. No id contains `/` or `#`. */
const creditOf = ({ brand, creativeId = '-' }: Pick<Tap, 'brand' | 'creativeId'>): string => `${brand}/${creativeId}`;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const ttlOf = (at: number): number => Math.floor(at / 1000) + EFFECT_TTL_SECONDS;

/** Notes a tap for the screen's report, once however often it is told. Nothing of the person. */
export async function recordTap(db: Database, owner: Tenant, screenId: string, tap: Tap): Promise<void> {
  const item: Item = {
    pk: playKeys.effects(owner, screenId, dayOf(tap.at)),
    sk: `${creditOf(tap)}#${tap.signalId}`,
    taps: 1,
    ttl: ttlOf(tap.at),
  };
  try {
    await db.client.send(
      new PutItemCommand({
        TableName: db.table('plays'),
        Item: toItem(item),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
