import * as z from 'zod/mini';
import type { Behaviour } from './behaviour.ts';
import { IdSchema, InstantSchema } from './common.ts';
import type { RegionSales } from './region.ts';

export const IDENTIFIER_KINDS = [
  'device',
  'phone',
  'email',
  'member',
  'wechat',
  'line',
  'wallet',
  'portal',
  'card',
] as const;

/** A typed handle of a person. Values are normalised by `core/people/identifiers.ts` before they become a key. */
export const IdentifierSchema = z.strictObject({
  kind: z.enum(IDENTIFIER_KINDS),
  value: z.string().check(z.minLength(1), z.maxLength(256)),
});
export type Identifier = z.infer<typeof IdentifierSchema>;

export const CONSENT_PURPOSES = ['location', 'personalisation', 'marketing', 'sharing'] as const;
export const CHANNELS = [
  'sms',
  'email',
  'push',
  'webpush',
  'whatsapp',
  'wechat',
  'line',
  'webhook',
  'screen',
  'inbox',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** One statement of a person's will. History is append-only; the latest for a purpose and channel holds. */
export const ConsentSchema = z.strictObject({
  purpose: z.enum(CONSENT_PURPOSES),
  channel: z.enum([...CHANNELS, 'any']),
  granted: z.boolean(),
  at: InstantSchema,
  /** Where it was given, and which text was shown: `app-signup:v3`. */
  source: z.string().check(z.minLength(1), z.maxLength(200)),
  /** Version of the text that was shown. */
  textVersion: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  /** In which language, as BCP 47 has it: `zh-CN`. */
  language: z.optional(
    z.string().check(z.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/, 'must be a language, such as zh-CN')),
  ),
  /** What shows it: a digest of the text, the number of a signed form. */
  proof: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
  /** Only for messages of this programme; without one, for all. A campaign names its own. */
  programme: z.optional(IdSchema),
  /** Given by a parent or guardian, where the person is too young to. */
  guardian: z.optional(z.boolean()),
});
export type Consent = z.infer<typeof ConsentSchema>;

/** `POST /v1/people/{personId}/withdrawals`. */
export const WithdrawalInputSchema = z
  .strictObject({
    scope: z.enum(['programme', 'channel', 'all']),
    /** Of `channel`; of `programme` where it ends on one channel only. */
    channel: z.optional(z.enum(CHANNELS)),
    /** Of `programme`. */
    programme: z.optional(IdSchema),
    source: ConsentSchema.def.shape.source,
    language: ConsentSchema.def.shape.language,
    proof: ConsentSchema.def.shape.proof,
  })
  .check(
    z.refine(({ scope, programme }) => (scope === 'programme') === (programme !== undefined), {
      path: ['programme'],
      error: 'goes with the scope programme, and only with it',
    }),
    z.refine(({ scope, channel }) => (scope === 'channel' ? channel !== undefined : scope !== 'all' || !channel), {
      path: ['channel'],
      error: 'must be named for the scope channel, and not for all',
    }),
  );
export type WithdrawalInput = z.infer<typeof WithdrawalInputSchema>;

const ScalarSchema = z.union([z.string().check(z.maxLength(1000)), z.number(), z.boolean()]);
export const AttributeSchema = z.union([ScalarSchema, z.array(ScalarSchema).check(z.maxLength(100)), z.null()]);
export type AttributeValue = z.infer<typeof AttributeSchema>;

/** Attribute names are data, so names that mean something to JavaScript objects are refused at the door. */
export const AttributeNameSchema = z
  .string()
  .check(z.regex(/^(?!__proto__$|constructor$|prototype$)[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'is not an attribute name'));

/** `PUT /v1/people/{personId}`. */
export const PersonInputSchema = z.strictObject({
  identifiers: z._default(z.array(IdentifierSchema).check(z.maxLength(20)), []),
  attributes: z._default(
    z
      .record(AttributeNameSchema, AttributeSchema)
      .check(z.refine((record) => Object.keys(record).length <= 200, 'has more than 200 attributes')),
    {},
  ),
  /** With 20 identifiers, 20 to let go and 3 items of the person they fit one transaction of 100 writes. */
  consents: z._default(z.array(ConsentSchema).check(z.maxLength(50)), []),
});
export type PersonInput = z.infer<typeof PersonInputSchema>;

export type Person = {
  personId: string;
  identifiers: Identifier[];
  attributes: Record<string, AttributeValue>;
  /** Ids of all profiles of the same person, sorted; absent where there is one. */
  profiles?: readonly string[] | undefined;
  /** What they have done; absent where nothing is known. */
  behaviour?: Behaviour | undefined;
  /** When they were offered something lately, epoch milliseconds; with a ghost offer, so that it changes nothing. */
  receivedAt?: readonly number[] | undefined;
  /** How their region buys, where somebody has asked. */
  region?: RegionSales | undefined;
};
