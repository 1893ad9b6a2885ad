import type { Node } from 'constructs';
import * as z from 'zod/mini';
import { everyFunction, LOCATORS } from '#functions/routes.ts';

const FUNCTION_NAMES = everyFunction.map(({ name }) => name);

/**
 * What a deployment may choose, each by `-c name=value` or in `cdk.context.json`. Everything has a default
 * under which the stacks synthesise and deploy; without `emailFrom` or `smsOrigin` that channel may not send.
 */
const SettingsSchema = z.strictObject({
  /** Part of the stacks' names: several stages live side by side in one account. */
  stage: z._default(z.string().check(z.regex(/^[a-z][a-z0-9]{0,15}$/, 'must be 1 to 16 of a-z 0-9')), 'prod'),
  /** The verified SES sender: `hello@shop.example` or `Shop <hello@shop.example>`. */
  emailFrom: z.optional(z.string().check(z.regex(/^([^<>]*<)?[^\s@<>]+@[^\s@<>]+>?$/, 'must be an e-mail address'))),
  /** What SMS come from: a number (`+12065550100`), a phone number id, pool id or sender id, or the ARN of one. */
  smsOrigin: z.optional(
    z.string().check(z.regex(/^(\+[1-9][0-9]{5,14}|[A-Za-z0-9:/_-]{1,256})$/, 'must be a number, an id or an ARN')),
  ),
  /** The API's own domain, for example `go.shop.example`, with an ACM certificate of the same region. */
  domainName: z.optional(z.string()),
  certificateArn: z.optional(z.string()),
  /** Who hears of alarms. */
  alarmEmail: z.optional(z.email()),
  /** Requests per second over all callers; API Gateway answers 429 beyond. */
  apiRateLimit: z._default(z.coerce.number().check(z.gte(1)), 2000),
  apiBurstLimit: z._default(z.coerce.number().check(z.gte(1)), 4000),
  /** Who tells where devices are; `amazon` makes a tracker and a geofence collection: docs/amazon-location.md. */
  locator: z._default(z.enum(LOCATORS), 'embedded'),
  /** X-Ray: off by default, as it costs per trace and needs permissions on `*`. */
  tracing: z._default(z.union([z.boolean(), z.stringbool()]), false),
  /** By function, for example `{"engage": 50}`: a ceiling on what one flood can spend. None by default: it takes from the account's own limit. */
  reservedConcurrency: z._default(
    z.pipe(
      z.transform(parseIfText),
      z.record(z.string(), z.int().check(z.gte(1))).check(
        z.refine((ceilings) => Object.keys(ceilings).every((name) => FUNCTION_NAMES.includes(name)), {
          error: `names a function that does not exist; there are ${FUNCTION_NAMES.join(', ')}`,
        }),
      ),
    ),
    {},
  ),
});
export type Settings = z.infer<typeof SettingsSchema>;

/** A setting's name is one word; whatever CDK puts into the context for itself has a colon or a hyphen in it. */
const ONE_WORD = /^\w+$/;

/** Reads the settings from the CDK context; a name or value that cannot be meant fails the synth. */
export function settingsFrom(node: Node): Settings {
  const names = Object.keys(SettingsSchema.shape);
  const context = Object.keys(node.getAllContext());
  const unknown = context.filter((name) => ONE_WORD.test(name) && !names.includes(name));
  if (unknown.length > 0) throw new Error(`settings: there is no ${unknown.join(', ')}; there are ${names.join(', ')}`);
  const given = names.map((name) => [name, node.tryGetContext(name)]).filter(([, value]) => value !== undefined);
  const result = SettingsSchema.safeParse(Object.fromEntries(given));
  if (!result.success) throw new Error(`settings: ${z.prettifyError(result.error)}`);
  if ((result.data.domainName === undefined) !== (result.data.certificateArn === undefined)) {
    throw new Error('settings: domainName and certificateArn go together');
  }
  return result.data;
}

/** `cdk -c` hands over text where `cdk.json` hands over JSON. */
function parseIfText(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
