import * as z from 'zod/mini';
import { NameSchema } from './common.ts';

export const RULE_OPERATORS = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'contains',
  'doesNotContain',
  'beginsWith',
  'endsWith',
  'in',
  'notIn',
  'between',
  'notBetween',
  'null',
  'notNull',
  /** Recency: the value is an ISO-8601 duration, the attribute an instant or a list of them. */
  'inLast',
  'notInLast',
  /** Instants compared as instants, whatever zone they are written in. */
  'before',
  'after',
  /** Distance: the value is longitude, latitude and a radius in metres, the attribute a longitude and latitude. */
  'within',
  'notWithin',
] as const;
export type RuleOperator = (typeof RULE_OPERATORS)[number];

/** A rule tree deeper or larger than this is a mistake, not a segment. */
export const MAX_RULE_DEPTH = 8;
export const MAX_RULE_NODES = 64;

const RuleScalarSchema = z.union([z.string().check(z.maxLength(1000)), z.number(), z.boolean()]);

/** One comparison. `id` and `valueSource` are what react-querybuilder adds; only values are compared, never fields. */
export const RuleSchema = z.strictObject({
  id: z.optional(z.string()),
  /** `tier`, `purchases.category.fresh milk.count.30d`: letters of any script, because categories are the merchant's words. */
  field: z.string().check(z.regex(/^[A-Za-z][\p{L}\p{N}_. &/-]{0,149}$/u, 'is not a field name')),
  operator: z.enum(RULE_OPERATORS),
  valueSource: z.optional(z.literal('value')),
  value: z.optional(z.union([RuleScalarSchema, z.null(), z.array(RuleScalarSchema).check(z.maxLength(1000))])),
});
export type Rule = z.infer<typeof RuleSchema>;

/** A group of rules, in the react-querybuilder format. */
export type RuleGroup = {
  id?: string | undefined;
  combinator: 'and' | 'or';
  not?: boolean | undefined;
  rules: (Rule | RuleGroup)[];
};
export const RuleGroupSchema: z.ZodMiniType<RuleGroup> = z.strictObject({
  id: z.optional(z.string()),
  combinator: z.enum(['and', 'or']),
  not: z.optional(z.boolean()),
  get rules() {
    return z.array(z.union([RuleGroupSchema, RuleSchema])).check(z.maxLength(MAX_RULE_NODES));
  },
});

/** On one machine a receiver may be on it as well: then the URL begins with this. */
export const LOOPBACK_ORIGIN = 'http://127.0.0.1:';

const WebhookUrlSchema = z
  .string()
  .check(
    z.maxLength(2048),
    z.refine(isWebhookUrl, 'must be an https URL without a user name, such as https://example.com/hooks'),
  );

function isWebhookUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || text.startsWith(LOOPBACK_ORIGIN);
}

/** `POST /v1/segments/{segmentId}/preview`: of a rule that is not saved yet, or with no body of the one that is. */
export const PreviewInputSchema = z.strictObject({ rule: z.optional(RuleGroupSchema) });

/** `PUT /v1/segments/{segmentId}`. */
export const SegmentInputSchema = z.strictObject({
  name: NameSchema,
  rule: RuleGroupSchema,
  /** Who is told when somebody enters or leaves. */
  webhook: z.optional(z.strictObject({ url: WebhookUrlSchema })),
});
export type Segment = z.infer<typeof SegmentInputSchema> & { segmentId: string };
