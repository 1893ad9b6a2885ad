import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CampaignInputSchema } from '#core/model/campaign.ts';
import type { Signal } from '#core/model/signal.ts';
import { couponCode, couponQrCode } from '#core/offers/coupon-code.ts';
import type { RedemptionAction } from '#core/offers/redemption.ts';
import { redeem, reserve, rollback } from '#functions/redeem/redeem.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { createTables, startDynamoDb, tableName } from '#local/host/dynamodb.ts';
import { putEntry } from '#store/catalogue.ts';
import { type Database, toItem } from '#store/client.ts';
import { couponKeyOf, getCoupons, newCoupon, type StoredCoupon } from '#store/coupons.ts';
import { aCampaign, aPlace } from '#test/support/builders.ts';

const SECRET = 'a secret of the test';
const BRAND = 'harbour';
export const START = Date.parse('2026-11-22T10:00:00Z');
export const HOUR_MS = 3_600_000;

export type Answer = { status: number; text: string; retryAfterSeconds?: number | undefined };
export type Till = { caller?: string; brand?: string; tillId?: string; placeId?: string };
type Send = Database['client']['send'];

/** The redeem function's steps over a real DynamoDB engine, with a clock and a network that a test turns. */
export async function openTills() {
  const service = await startDynamoDb(':memory:');
  const settings = {
    AWS_ENDPOINT_URL_DYNAMODB: service.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  Object.assign(process.env, settings);
  await createTables();
  const client = new DynamoDBClient({});
  const world = { now: START, send: client.send.bind(client) as Send };
  const db: Database = {
    client: { send: ((command: never) => world.send(command)) as Send },
    table: tableName,
    sleep: async () => {},
  };
  // The redeem function uses no more of its process than this.
  const runtime = { db, now: () => world.now, secret: async () => SECRET } as unknown as Runtime;
  for (const brand of [BRAND, 'lighthouse']) {
    await putEntry(db, { kind: 'brand', id: brand }, 'place', { id: 's1', body: aPlace() });
  }

  const ask = async (
    action: RedemptionAction,
    code: string,
    redemptionId: string,
    till: Till = {},
  ): Promise<Answer> => {
    const { caller = 'till-token', brand = BRAND, tillId = 'till-1', placeId = 's1' } = till;
    const request: HttpRequest = {
      runtime,
      caller: { subject: caller, tenant: { kind: 'brand', id: brand }, role: 'till' },
      path: { code },
      query: {},
      headers: {},
      cookies: {},
      bytes: Buffer.alloc(0),
      body: { redemptionId, placeId, tillId },
      text: '',
    };
    try {
      const { status, body } = await { reserve, redeem, rollback }[action](request);
      return { status, text: JSON.stringify(body) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { status, retryAfterSeconds } = error;
      return { status, text: JSON.stringify(error.document()), ...(retryAfterSeconds && { retryAfterSeconds }) };
    }
  };

  return {
    world,
    db,
    client,
    ask,
    /** A coupon issued now, for four hours. */
    issue: async (couponId: string, brand = BRAND) => {
      const campaign = { ...CampaignInputSchema.parse(aCampaign()), campaignId: 'milk', state: 'live' as const };
      const signal = { brand, kind: 'geofence.enter', placeId: 's1' } as Signal;
      const args = { signal, couponSecret: SECRET, couponId, campaign, personId: 'mei', channel: 'email' as const };
      const Item = toItem(newCoupon({ ...args, now: world.now, screenOwner: undefined }));
      await client.send(new PutItemCommand({ TableName: tableName('offers'), Item }));
      return { code: couponCode(SECRET, brand, couponId), qrCode: couponQrCode(SECRET, brand, couponId) };
    },
    stored: async (couponId: string): Promise<StoredCoupon> => {
      const [coupon] = await getCoupons(db, BRAND, [couponKeyOf(SECRET, BRAND, couponId)]);
      if (!coupon) throw new Error(`no coupon ${couponId}`);
      return coupon;
    },
    close: async () => {
      client.destroy();
      await service.stop();
      for (const name of Object.keys(settings)) delete process.env[name];
    },
  };
}
