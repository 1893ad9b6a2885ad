import * as z from 'zod/mini';
import { PURCHASE_CHANNELS } from './behaviour.ts';
import {
  AmountSchema,
  CurrencySchema,
  capSchema,
  DaySchema,
  DurationSchema,
  HoursSchema,
  IdSchema,
  InstantSchema,
  LabelSchema,
  NameSchema,
  TimeZoneSchema,
} from './common.ts';
import { CHANNELS } from './person.ts';
import { SignalKindSchema, TrustTierSchema } from './signal.ts';

const IdListSchema = z._default(z.array(IdSchema).check(z.maxLength(1000)), []);

const TriggerSchema = z.strictObject({
  on: z.array(SignalKindSchema).check(z.minLength(1), z.maxLength(9)),
  /** With neither ids nor tags, every place of the brand triggers. */
  placeIds: IdListSchema,
  placeTags: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.maxLength(50)), []),
  /** Only while one of these adverts is on air at the screen. */
  creativeIds: IdListSchema,
  /** Where nobody knows what was on air: no offer, or this one all the same. */
  creativeUnknown: z._default(z.enum(['skip', 'offer']), 'skip'),
  /** With `geofence.dwell`: how long inside, in seconds. */
  dwellSeconds: z._default(z.int().check(z.gte(0), z.lte(86_400)), 0),
  minTrust: z._default(TrustTierSchema, 'T1'),
  /** A signal older than this is history, not an occasion. */
  freshFor: z._default(DurationSchema, 'PT10M'),
});

const LabelListSchema = z._default(z.array(LabelSchema).check(z.maxLength(200)), []);

const AudienceSchema = z.strictObject({
  segmentId: z.optional(IdSchema),
  /** Not for whoever has bought one of these lately: they need no coupon for it. With neither list, anything at all. */
  notBought: z.optional(
    z.strictObject({
      channel: z._default(z.enum([...PURCHASE_CHANNELS, 'any']), 'online'),
      categories: LabelListSchema,
      skus: LabelListSchema,
      within: z._default(DurationSchema, 'P90D'),
    }),
  ),
});
export type NotBought = NonNullable<z.infer<typeof AudienceSchema>['notBought']>;

const ScheduleSchema = z.strictObject({
  startsAt: z.optional(InstantSchema),
  endsAt: z.optional(InstantSchema),
  days: z.optional(z.array(DaySchema).check(z.minLength(1), z.maxLength(7))),
  hours: z.optional(HoursSchema),
  /** `place`: the clock on the wall of the triggering place. */
  timeZone: z._default(z.union([z.literal('place'), TimeZoneSchema]), 'place'),
});

const MoneySchema = z.strictObject({ amount: AmountSchema, currency: CurrencySchema });

/** Coupons, and minor units of money that they can cost. */
const STOCK = { stock: z.optional(z.int().check(z.gte(0), z.lte(1e9))), budget: z.optional(MoneySchema) };
/** Of one campaign to one person: more than this is no longer a treat. */
const MAX_PER_PERSON = 50;

const LimitsSchema = z.strictObject({
  ...STOCK,
  /** At most `count` offers of this campaign to one person in any rolling `window`. */
  perPerson: z.optional(capSchema(MAX_PER_PERSON)),
  /** The same for one person at one place. */
  perPersonPerPlace: z.optional(capSchema(MAX_PER_PERSON)),
  /** A part of the whole for each calendar day, by the clock of `schedule.timeZone`. */
  perDay: z.optional(z.strictObject(STOCK)),
  /** A part of the whole for each place. */
  perPlace: z.optional(z.strictObject(STOCK)),
  quietHours: z.optional(
    z.strictObject({ hours: HoursSchema, otherwise: z._default(z.enum(['inbox', 'drop']), 'drop') }),
  ),
});

export const OfferSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('amountOff'),
    amount: AmountSchema.check(z.gte(1)),
    currency: CurrencySchema,
    minimumSpend: z.optional(AmountSchema),
    expiresAfter: DurationSchema,
    redeemAt: z._default(z.enum(['triggerPlace', 'anyPlace']), 'anyPlace'),
  }),
  z.strictObject({
    kind: z.literal('percentOff'),
    percent: z.number().check(z.gt(0), z.lte(100)),
    /** The most one coupon can cost; needed where the campaign has a budget. */
    maxAmount: z.optional(AmountSchema),
    currency: z.optional(CurrencySchema),
    expiresAfter: DurationSchema,
    redeemAt: z._default(z.enum(['triggerPlace', 'anyPlace']), 'anyPlace'),
  }),
  z.strictObject({
    kind: z.literal('freeItem'),
    item: NameSchema,
    /** What one costs the brand; needed where the campaign has a budget. */
    amount: z.optional(AmountSchema),
    currency: z.optional(CurrencySchema),
    expiresAfter: DurationSchema,
    redeemAt: z._default(z.enum(['triggerPlace', 'anyPlace']), 'anyPlace'),
  }),
]);
export type Offer = z.infer<typeof OfferSchema>;

export const LOCALES = ['en', 'zh-CN'] as const;
export type Locale = (typeof LOCALES)[number];

const TemplateSchema = z.strictObject({
  title: z._default(z.string().check(z.maxLength(200)), ''),
  body: z.string().check(z.minLength(1), z.maxLength(1200)),
});
export type Template = z.infer<typeof TemplateSchema>;

const MessageSchema = z.strictObject({
  /** In order of preference: the first that is installed, consented to and has an address is used. */
  channels: z.array(z.enum(CHANNELS)).check(z.minLength(1), z.maxLength(CHANNELS.length)),
  templates: z.partialRecord(z.enum(LOCALES), TemplateSchema),
  /** What these messages belong to: people may agree to it, or end it, without the rest. */
  programme: z.optional(IdSchema),
});

/** `PUT /v1/campaigns/{campaignId}`. */
export const CampaignInputSchema = z.strictObject({
  name: NameSchema,
  trigger: TriggerSchema,
  audience: z._default(AudienceSchema, {}),
  schedule: z._default(ScheduleSchema, { timeZone: 'place' }),
  limits: z._default(LimitsSchema, {}),
  experiment: z._default(
    z.strictObject({
      holdoutPercent: z._default(z.number().check(z.gte(0), z.lte(100)), 10),
      variants: z._default(z.array(z.never()).check(z.maxLength(0)), []),
    }),
    { holdoutPercent: 10, variants: [] },
  ),
  offer: OfferSchema,
  message: MessageSchema,
  /** What the screen itself shows when somebody beside it gets this offer. Nothing of the person. */
  reaction: z.optional(
    z.strictObject({ words: z.partialRecord(z.enum(LOCALES), z.string().check(z.minLength(1), z.maxLength(80))) }),
  ),
  priority: z._default(z.int().check(z.gte(-1000), z.lte(1000)), 0),
});
export type CampaignInput = z.infer<typeof CampaignInputSchema>;

export const CAMPAIGN_STATES = ['draft', 'live', 'paused'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

export type Campaign = CampaignInput & { campaignId: string; state: CampaignState };
