import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { digestId } from '#core/hash.ts';
import { type BadGuesses, guessWindow } from '#core/offers/guessing.ts';
import { type Database, fromItem, type Item, type Key, toItem, toKey } from './client.ts';
import type { StoredCoupon } from './coupons.ts';
import { offerKeys } from './keys.ts';
import { batchGet } from './read.ts';

/** After its minute a count says nothing; an hour is for whoever looks into an attack while it runs. */
const COUNT_TTL_SECONDS = 3600;

/** Who asks, and when: what bad guesses are counted by. The caller is the subject of a verified token. */
export type Guess = { brand: string; caller: string; now: number };

/**
 * The coupon with this key and how often its caller and the brand have guessed wrong in this minute, in one read:
 * 3 read units, whether there is such a coupon or not. Consistent, because a till that has just redeemed may roll back.
 */
export async function readCouponAndGuesses(
  db: Database,
  guess: Guess,
  couponKey: string,
): Promise<{ coupon: StoredCoupon | undefined; guesses: BadGuesses }> {
  const coupon = offerKeys.coupon(guess.brand, couponKey);
  const { caller, brand } = countKeys(guess);
  const found = await batchGet(db, { offers: [coupon, caller, brand] }, { consistent: true });
  const item = found.get('offers', coupon);
  return {
    // A unit that was given up lies where a coupon would: it is none.
    coupon: item?.entity === 'coupon' ? (item as StoredCoupon) : undefined,
    guesses: { caller: countIn(found.get('offers', caller)), brand: countIn(found.get('offers', brand)) },
  };
}

/** How often a caller and the brand have guessed wrong in this minute. */
export async function readGuesses(db: Database, guess: Guess): Promise<BadGuesses> {
  const { caller, brand } = countKeys(guess);
  const found = await batchGet(db, { offers: [caller, brand] }, { consistent: true });
  return { caller: countIn(found.get('offers', caller)), brand: countIn(found.get('offers', brand)) };
}

/** Counts one more, and answers how many there were before it: of any number at once, each gets a number of its own. */
export async function countBadGuess(db: Database, guess: Guess): Promise<BadGuesses> {
  const { caller, brand } = countKeys(guess);
  const ttl = Math.floor(guessWindow(guess.now).endsAt / 1000) + COUNT_TTL_SECONDS;
  const add = async (key: Key): Promise<number> => {
    const { Attributes } = await db.client.send(
      new UpdateItemCommand({
        TableName: db.table('offers'),
        Key: toKey(key),
        UpdateExpression: 'SET #ttl = :ttl, entity = :entity ADD guesses :one',
        // TTL is one of DynamoDB's reserved words.
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: toItem({ ':ttl': ttl, ':entity': 'bad-guesses', ':one': 1 }),
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return countIn(Attributes && fromItem<Item>(Attributes)) - 1;
  };
  const [ofCaller, ofBrand] = await Promise.all([add(caller), add(brand)]);
  return { caller: ofCaller, brand: ofBrand };
}

function countKeys({ brand, caller, now }: Guess): { caller: Key; brand: Key } {
  const { number } = guessWindow(now);
  return {
    caller: offerKeys.badGuesses(brand, number, digestId(caller)),
    brand: offerKeys.badGuesses(brand, number),
  };
}

const countIn = (item: Item | undefined): number => (item?.guesses as number | undefined) ?? 0;
