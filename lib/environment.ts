import {
  deadLetterEnv,
  ENV,
  type FunctionSpec,
  type QueueName,
  queueEnv,
  type SecretName,
  secretEnv,
  type TableName,
  tableEnv,
} from '#functions/routes.ts';

/** Seconds for which a function may trust its copy of the catalogue: a pause or a lowered budget takes effect within. */
export const CATALOGUE_MAX_AGE_SECONDS = 5;

/** Where the values come from: AWS's names and addresses, or in a test anything that can be told apart. */
export type EnvironmentSources = {
  table: (name: TableName) => string;
  /** URL of a queue. */
  queue: (name: QueueName) => string;
  /** URL of a queue's dead-letter queue. */
  deadLetters: (name: QueueName) => string;
  /** URLs of all dead-letter queues whose messages may name somebody. */
  everyDeadLetters: () => readonly string[];
  /** ARN of a secret. */
  secret: (name: SecretName) => string;
  issuer: string;
  jwksUrl: string;
  clientId: string;
  publicUrl: string;
  emailFrom: string | undefined;
  smsOrigin: string | undefined;
  /** Name of the merchant's bucket. */
  bucket: string;
  /** Where Amazon Location is the locator. */
  location: { collection: string; tracker: string } | undefined;
};

/** The environment of one function: what its row in the routing table lets it touch, and nothing else. */
export function environmentOf(spec: FunctionSpec, from: EnvironmentSources): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const table of tablesOf(spec)) environment[tableEnv(table)] = from.table(table);
  for (const queue of spec.sends ?? []) environment[queueEnv(queue)] = from.queue(queue);
  for (const secret of spec.secrets ?? []) environment[secretEnv(secret)] = from.secret(secret);
  if (spec.queue) environment[deadLetterEnv(spec.queue.queue)] = from.deadLetters(spec.queue.queue);
  if (spec.tables?.catalogue) environment[ENV.catalogueMaxAge] = String(CATALOGUE_MAX_AGE_SECONDS);
  if (spec.knowsCallers || spec.http?.some(({ roles }) => roles !== 'public')) {
    environment[ENV.issuer] = from.issuer;
    environment[ENV.jwksUrl] = from.jwksUrl;
    environment[ENV.clientId] = from.clientId;
  }
  if (spec.files) environment[ENV.bucket] = from.bucket;
  Object.assign(environment, locationOf(spec, from));
  if (spec.erases) environment[ENV.deadLetters] = from.everyDeadLetters().join(',');
  if (spec.decides) environment[ENV.channels] = channelsWithSender(from).join(',');
  if (spec.provider) environment[ENV.publicUrl] = from.publicUrl;
  if (spec.provider === 'ses') environment[ENV.emailFrom] = from.emailFrom ?? '';
  if (spec.provider === 'sms') environment[ENV.smsOrigin] = from.smsOrigin ?? '';
  return environment;
}

/** That Amazon Location is the locator, for who then does something besides; and where it is, for who asks it. */
function locationOf(spec: FunctionSpec, { location }: EnvironmentSources): Record<string, string> {
  if (!location || !(spec.withAmazon || spec.location)) return {};
  const { collection, tracker } = location;
  return {
    [ENV.locator]: 'amazon',
    ...(spec.location && { [ENV.geofenceCollection]: collection, [ENV.tracker]: tracker }),
  };
}

/** The channels that can send: nobody is promised a message on another. */
function channelsWithSender({ emailFrom, smsOrigin }: EnvironmentSources): string[] {
  return [...(emailFrom ? ['email'] : []), ...(smsOrigin ? ['sms'] : [])];
}

/** The tables a function may touch, as names and not as mere text. */
export function tablesOf(spec: FunctionSpec): TableName[] {
  // Object.keys forgets the key type that the routing table declares.
  return Object.keys(spec.tables ?? {}) as TableName[];
}
