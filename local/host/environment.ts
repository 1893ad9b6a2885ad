import { deadLetterEnv, ENV, queueEnv, secretEnv, tableEnv } from '#functions/routes.ts';
import { keptSecret } from './data-folder.ts';
import { type Service, startDynamoDb, TABLES, tableName } from './dynamodb.ts';
import { CLIENT_ID } from './identity.ts';
import { COLLECTION, TRACKER } from './location/operations.ts';
import type { Mailbox } from './mailbox.ts';
import { BUCKET, deadLetterUrl, QUEUES, queueUrl, startQueues } from './queues.ts';

/**
 * Starts what this machine has to stand in for, and tells the AWS SDK where it is. An `AWS_ENDPOINT_URL_…` that is
 * already set wins: LocalStack, DynamoDB Local, or AWS itself. `geofencing` starts Amazon Location, where it is the locator.
 */
export async function startServices(
  location: string,
  mailbox: Mailbox,
  geofencing?: () => Promise<Service>,
): Promise<{ services: Service[]; queues: string }> {
  process.env.AWS_REGION ??= 'eu-west-1';
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const services: Service[] = [];
  const provide = async (variable: string, start: () => Promise<Service>): Promise<string> => {
    const given = process.env[variable] ?? process.env.AWS_ENDPOINT_URL;
    if (given) return given;
    const service = await start();
    services.push(service);
    process.env[variable] = service.url;
    return service.url;
  };
  await provide('AWS_ENDPOINT_URL_DYNAMODB', () => startDynamoDb(location));
  process.env.AWS_ENDPOINT_URL_DYNAMODB_STREAMS ??= process.env.AWS_ENDPOINT_URL_DYNAMODB;
  const queues = await provide('AWS_ENDPOINT_URL_SQS', () => startQueues(location));
  process.env.AWS_ENDPOINT_URL_S3 ??= queues;
  await provide('AWS_ENDPOINT_URL_SESV2', async () => mailbox.ses);
  await provide('AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2', async () => mailbox.sms);
  if (geofencing) {
    await provide('AWS_ENDPOINT_URL_LOCATION', geofencing);
    process.env[ENV.locator] = 'amazon';
    process.env[ENV.geofenceCollection] ??= COLLECTION;
    process.env[ENV.tracker] ??= TRACKER;
  }
  return { services, queues };
}

/** The environment that `lib/` gives each function on AWS, for all of them at once. */
export function setFunctionEnvironment(args: { url: string; queues: string; workDir: string }): void {
  const { url, queues, workDir } = args;
  for (const table of TABLES) process.env[tableEnv(table)] = tableName(table);
  for (const queue of QUEUES) {
    process.env[queueEnv(queue)] = queueUrl(queues, queue);
    process.env[deadLetterEnv(queue)] = deadLetterUrl(queues, queue);
  }
  process.env[ENV.deadLetters] = QUEUES.map((queue) => deadLetterUrl(queues, queue)).join(',');
  process.env[secretEnv('couponSecret')] = `file:${keptSecret(workDir, 'coupon')}`;
  process.env[secretEnv('linkSecret')] = `file:${keptSecret(workDir, 'link')}`;
  process.env[secretEnv('tagSecret')] = `file:${keptSecret(workDir, 'tag')}`;
  process.env[secretEnv('venueSecret')] = `file:${keptSecret(workDir, 'venue')}`;
  process.env[secretEnv('reportSecret')] = `file:${keptSecret(workDir, 'report')}`;
  process.env[ENV.issuer] = url;
  process.env[ENV.jwksUrl] = `${url}/.well-known/jwks.json`;
  process.env[ENV.clientId] = CLIENT_ID;
  process.env[ENV.catalogueMaxAge] ??= '0';
  process.env[ENV.publicUrl] = url;
  process.env[ENV.bucket] ??= BUCKET;
  process.env[ENV.channels] = 'sms,email';
  process.env[ENV.emailFrom] ??= 'offers@harbour-dairy.example';
  process.env[ENV.smsOrigin] ??= '+12065550100';
  process.env[ENV.loopbackWebhooks] = 'yes';
}
