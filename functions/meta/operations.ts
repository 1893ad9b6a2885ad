import * as z from 'zod/mini';
import { BrandInputSchema } from '#core/model/brand.ts';
import { CAMPAIGN_STATES, CampaignInputSchema } from '#core/model/campaign.ts';
import { IdSchema, InstantSchema } from '#core/model/common.ts';
import { ConnectorInputSchema, ConnectorSchema } from '#core/model/connector.ts';
import { CoordinateSystemSchema } from '#core/model/coordinate-system.ts';
import {
  CouponSchema,
  RedeemInputSchema,
  RedemptionSchema,
  ReservationSchema,
  RollbackInputSchema,
  RollbackSchema,
} from '#core/model/coupon.ts';
import { CreativeInputSchema, PlaylistInputSchema } from '#core/model/creative.ts';
import { DecisionSchema } from '#core/model/decision.ts';
import { EVIDENCE_KINDS, LinkInputSchema } from '#core/model/link.ts';
import { MessageViewSchema } from '#core/model/message.ts';
import { ConsentSchema, IdentifierSchema, PersonInputSchema, WithdrawalInputSchema } from '#core/model/person.ts';
import { PlaceBodySchema, PlaceInputSchema, ScreenInputSchema } from '#core/model/place.ts';
import { HealthInputSchema, PairInputSchema, PlayerInputSchema } from '#core/model/player.ts';
import { MAX_POSITIONS, PositionSchema } from '#core/model/position.ts';
import { PurchaseInputSchema, PurchaseViewSchema } from '#core/model/purchase.ts';
import { PreviewInputSchema, SegmentInputSchema } from '#core/model/segment.ts';
import {
  SENSITIVE_CATEGORIES,
  SensitivePlaceBodySchema,
  SensitivePlaceInputSchema,
} from '#core/model/sensitive-place.ts';
import { MAX_SIGNALS, SignalInputSchema, SignalKindSchema, TrustTierSchema } from '#core/model/signal.ts';
import { TagInputSchema } from '#core/model/tag.ts';
import { MAX_PLAYS, PlayBatchSchema, PlaySchema } from '#core/screens/play.ts';

export type Operation = {
  summary: string;
  body?: z.ZodMiniType;
  /** What a body that is not JSON may be. */
  textTypes?: readonly string[];
  /** Query parameters by name. */
  query?: Record<string, string>;
  /** Success by status, and the problems that are this operation's own. */
  responses: Record<string, { description: string; schema?: z.ZodMiniType; contentType?: string }>;
};

const withId = <S extends z.core.$ZodLooseShape>(name: string, shape: S) => z.object({ [name]: IdSchema, ...shape });
const page = (item: z.ZodMiniType) => z.object({ items: z.array(item), cursor: z.optional(z.string()) });
const ok = (schema: z.ZodMiniType, description = 'Done') => ({ '200': { description, schema } });
const SYSTEM = 'What the coordinates are in: wgs84 (default), gcj02 or bd09.';
const PAGING = { limit: 'Items on a page, 1 to 200 (50).', cursor: 'Where the page before ended.' };

const PORTAL_QUERY = {
  base_grant_url: 'Where going online leads: of an allowed host.',
  user_continue_url: 'The page that the guest wanted.',
  client_mac: 'A hint, never proof.',
  node_mac: 'The access point: a hint.',
  handover: 'A word of a brand’s app for who this is.',
  lang: 'en or zh-CN; otherwise as the browser asks.',
};

const BrandSchema = withId('brandId', BrandInputSchema.def.shape);
const PlaceSchema = withId('placeId', PlaceInputSchema.def.shape);
/** `blocked`: why nothing that happens there is heard of. */
const ReadPlaceSchema = withId('placeId', { ...PlaceInputSchema.def.shape, blocked: z.optional(z.string()) });
const PlacesSyncSchema = z.object({
  locator: z.enum(['embedded', 'amazon']),
  check: z.optional(
    z.object({ checkedAt: InstantSchema, places: z.int(), active: z.int(), pending: z.int(), repaired: z.int() }),
  ),
  items: z.array(
    z.object({
      placeId: IdSchema,
      state: z.enum(['pending', 'failed', 'refused']),
      reason: z.string(),
      at: InstantSchema,
    }),
  ),
  cursor: z.optional(z.string()),
});
/** Circles round the places, metres; `distanceM` is 0 inside. `watchRadiusM`: how far to go before asking again. */
const NearPlacesSchema = z.object({
  items: z.array(
    withId('placeId', {
      name: z.string(),
      lng: z.number(),
      lat: z.number(),
      radiusM: z.number(),
      distanceM: z.number(),
    }),
  ),
  watchRadiusM: z.number(),
});
const SensitivePlaceSchema = withId('sensitivePlaceId', SensitivePlaceInputSchema.def.shape);
const blockedPlaceIds = z.array(IdSchema);
const ScreenSchema = withId('screenId', ScreenInputSchema.def.shape);
const TagSchema = withId('tagId', TagInputSchema.def.shape);
const SegmentSchema = withId('segmentId', {
  ...SegmentInputSchema.def.shape,
  /** `secret` in what one segment is answered with: whsec_ and the key that its webhooks are signed with. */
  webhook: z.optional(z.object({ url: z.string(), secret: z.optional(z.string()) })),
});
/** Each group has its rules, each rule its field, operator, value and what was found; all have their words. */
const WhySchema = z.looseObject({
  combinator: z.enum(['and', 'or']),
  not: z.boolean(),
  matched: z.boolean(),
  words: z.string(),
  rules: z.array(z.any()),
});
const CampaignSchema = withId('campaignId', { state: z.enum(CAMPAIGN_STATES), ...CampaignInputSchema.def.shape });
const PersonSchema = withId('personId', {
  profiles: z.optional(z.array(z.string())),
  identifiers: z.array(IdentifierSchema),
  attributes: z.record(z.string(), z.any()),
  consents: z.array(
    z.object({
      purpose: z.string(),
      channel: z.string(),
      programme: z.optional(z.string()),
      granted: z.boolean(),
      at: z.iso.datetime(),
    }),
  ),
});
const LinkEndSchema = z.object({ kind: z.string(), value: z.string(), personId: z.string() });
const LinkSchema = z.object({
  linkId: z.string(),
  a: LinkEndSchema,
  b: LinkEndSchema,
  evidence: z.enum(EVIDENCE_KINDS),
  source: z.string(),
  strength: z.enum(['strong', 'weak']),
  at: z.iso.datetime(),
  state: z.enum(['linked', 'shared', 'unlinked']),
  unlinkedAt: z.optional(z.iso.datetime()),
});
const ListedPersonSchema = withId('personId', {
  identifiers: z.array(IdentifierSchema),
  attributes: z.record(z.string(), z.any()),
});
const ChannelSalesSchema = z.object({
  purchases: z.int(),
  /** Minor units, a sum for each currency. */
  money: z.array(z.object({ amount: z.int(), currency: z.string() })),
});
const RegionReportSchema = z.object({
  region: z.string(),
  preference: z.nullable(z.enum(['online', 'offline', 'mixed'])),
  note: z.optional(z.string()),
  /** Of the purchases, by number: 0 to 1. */
  onlineShare: z.optional(z.number()),
  buyers: z.optional(z.int()),
  online: z.optional(ChannelSalesSchema),
  offline: z.optional(ChannelSalesSchema),
});
const PurchaseAnswerSchema = withId('purchaseId', {
  outcome: z.enum(['recorded', 'repeated']),
  /** The profile that it went to, where anybody was known. */
  personId: z.optional(IdSchema),
});
const rows = z.array(z.record(z.string(), z.any()));
const ExportSchema = z.object({
  version: z.int(),
  brand: IdSchema,
  personId: IdSchema,
  exportedAt: z.iso.datetime(),
  profiles: z.optional(rows),
  consents: z.optional(rows),
  links: z.optional(rows),
  other: z.optional(rows),
  presence: z.optional(rows),
  guests: z.optional(rows),
  purchases: rows,
  signals: rows,
  coupons: rows,
  messages: rows,
  cursor: z.optional(z.string()),
});
const ReceiptSchema = z.object({
  receiptId: z.string(),
  brand: IdSchema,
  erasedAt: z.iso.datetime(),
  source: z.string(),
  state: z.enum(['erasing', 'done']),
  counts: z.record(z.string(), z.int()),
});
const LedgerSchema = z.object({
  signalId: z.string(),
  kind: SignalKindSchema,
  placeId: z.optional(z.string()),
  screenId: z.optional(z.string()),
  creativeId: z.optional(z.string()),
  at: z.iso.datetime(),
  outcome: z.enum(['decided', 'skipped']),
  reason: z.optional(z.string()),
});
const AcceptedSchema = z.object({
  accepted: z.int(),
  rejected: z.array(z.object({ index: z.int(), reason: z.string() })),
});
const HeardSchema = z.object({
  accepted: z.int(),
  linked: z.optional(z.int()),
  repeated: z.optional(z.int()),
  ignored: z.optional(z.array(z.object({ reason: z.string(), count: z.int() }))),
});
const accepted = { '202': { description: 'What was accepted, and what was not and why', schema: AcceptedSchema } };

const OUTCOME = { taps: z.int(), offers: z.int(), redemptions: z.nullable(z.int()) };
const ScreenReportSchema = z.object({
  screenId: IdSchema,
  name: z.string(),
  owner: z.object({ kind: z.enum(['brand', 'venue']), id: IdSchema }),
  from: z.iso.date(),
  to: z.iso.date(),
  asOf: z.iso.datetime(),
  timeZone: z.optional(z.string()),
  rows: z.array(
    z.object({
      brand: z.optional(IdSchema),
      creativeId: IdSchema,
      plays: z.int(),
      secondsOnAir: z.number(),
      ...OUTCOME,
      tapsPerThousandPlays: z.nullable(z.number()),
      discounts: z.optional(z.array(z.object({ amount: z.int(), currency: z.string() }))),
    }),
  ),
  unknown: z.object(OUTCOME),
  hours: z.array(z.object({ at: z.iso.datetime(), secondsOnAir: z.number(), complete: z.boolean() })),
  gaps: z.array(z.object({ from: z.iso.datetime(), to: z.iso.datetime(), playsMissing: z.int() })),
});
const REPORT_DAYS = {
  from: 'First day (UTC), as 2026-11-16; six days before the last.',
  to: 'Last day, included; today. At most 31 days in all.',
};
const CreativeSchema = withId('creativeId', CreativeInputSchema.def.shape);
const PlaylistSchema = withId('playlistId', PlaylistInputSchema.def.shape);
const PlayingSchema = z.object({
  screenId: IdSchema,
  at: z.iso.datetime(),
  /** `unknown` where that is likelier than any; `other` where it is not the reader's. */
  creativeId: z.string(),
  brand: z.optional(IdSchema),
  uncertaintyMs: z.int(),
  candidates: z.array(
    z.object({
      creativeId: z.string(),
      brand: z.optional(IdSchema),
      share: z.number(),
      startedAt: z.optional(z.iso.datetime()),
      endedAt: z.optional(z.iso.datetime()),
    }),
  ),
  unknownShare: z.number(),
  reason: z.string(),
});
const TakenPlaysSchema = z.object({
  accepted: z.int(),
  repeated: z.int(),
  rejected: z.array(z.object({ index: z.int(), reason: z.string() })),
  gaps: z.array(z.object({ from: z.int(), to: z.int() })),
});
const PlayerPlaylistSchema = z.object({
  /** Without a screen the player shows its code, and the rest is not there. */
  paired: z.boolean(),
  version: z.optional(IdSchema),
  screenId: z.optional(IdSchema),
  name: z.optional(z.string()),
  timeZone: z.optional(z.string()),
  items: z.optional(
    z.array(
      z.extend(PlaylistInputSchema.shape.items.def.element, {
        seconds: z.number(),
        creativeVersion: IdSchema,
      }),
    ),
  ),
  qr: z.optional(z.object({ tagId: IdSchema, key: z.string(), slotSeconds: z.int() })),
});
const PlayerStateSchema = z.object({
  playerId: IdSchema,
  pairedAt: z.optional(z.iso.datetime()),
  lastSeenAt: z.nullable(z.iso.datetime()),
  ...z.partial(HealthInputSchema).def.shape,
});
const noPlayer = {
  '401': { description: 'The signature is not this player’s, or not of now' },
  '404': { description: 'The player is not paired with a screen, or asks for what its screen has not' },
};
const noScreen = { '404': { description: 'There is no such screen, or none that the caller may know' } };

const redemptionProblems = {
  '404': { description: 'There is no such coupon: unknown, malformed or another brand’s' },
  '409': { description: 'Used, reserved by another redemption, or the redemption was rolled back or never was' },
  '410': { description: 'It has expired' },
  '422': { description: 'Not at this place, not for this basket, or the redemptionId was used with other content' },
  '429': { description: 'Too many wrong codes by this token; Retry-After says when to ask again' },
};

/** A form: `tapId`, `brand`, and `do=forget` to be forgotten; or the same as a JSON object of strings. */
const CLAIM_TYPES = ['application/x-www-form-urlencoded', 'application/json'];
const TapSchema = z.object({
  tapId: z.string(),
  tag: z.optional(z.string()),
  screenId: z.optional(z.string()),
  placeId: z.optional(z.string()),
  trust: TrustTierSchema,
  onAir: z.object({
    candidates: z.array(z.object({ creativeId: z.string(), brand: z.optional(z.string()), share: z.number() })),
    unknownShare: z.number(),
  }),
  state: z.enum(['coupon', 'ask', 'nothing']),
  coupon: z.optional(CouponSchema),
  reasons: z.optional(
    z.array(
      z.object({
        brand: z.string(),
        campaignId: z.optional(z.string()),
        gate: z.optional(z.string()),
        text: z.string(),
      }),
    ),
  ),
  ask: z.optional(
    z.object({
      brand: z.string(),
      offer: z.string(),
      consent: z.object({ purpose: z.string(), channel: z.string(), text: z.string() }),
      claim: z.record(z.string(), z.string()),
    }),
  ),
});
const tapResponses = {
  ...ok(TapSchema, 'What came of it; for a browser a page (text/html)'),
  '403': { description: 'The tag did not sign this, or the tap is open on another phone: tap again' },
  '404': { description: 'There is no such tag' },
  '409': { description: 'This tap has been used' },
};

const itemResponses = {
  '302': { description: 'Where its tag is' },
  '404': { description: 'No tag has this GTIN' },
};

/** What each operation of `routes.ts` takes and answers. */
export const operations: Record<string, Operation> = {
  postPositions: {
    summary: 'Report where devices are',
    body: z.strictObject({
      positions: z.array(PositionSchema).check(z.maxLength(MAX_POSITIONS)),
      coordinateSystem: z.optional(CoordinateSystemSchema),
    }),
    responses: accepted,
  },
  postSignals: {
    summary: 'Report that somebody was near something',
    body: z.strictObject({ signals: z.array(SignalInputSchema).check(z.maxLength(MAX_SIGNALS)) }),
    responses: accepted,
  },
  getReportKey: {
    summary: 'Read the public key (Ed25519, SPKI in PEM) of exported statements',
    responses: { '200': { description: 'The key', contentType: 'application/x-pem-file' } },
  },
  getRegionsReport: {
    summary: 'Where each region buys, online or in shops; of one with fewer than 20 buyers nothing else is told',
    query: PAGING,
    responses: ok(page(RegionReportSchema)),
  },
  getScreenReport: {
    summary: 'Read what a screen has shown and what came of it, by creative',
    query: REPORT_DAYS,
    responses: { ...ok(ScreenReportSchema), ...noScreen },
  },
  exportScreenReport: {
    summary: 'Read the same as a signed statement; docs/screens.md says how to check one',
    query: { ...REPORT_DAYS, brand: 'Of this brand alone.', format: 'json or csv (json).' },
    responses: {
      '200': {
        description: 'The statement, and as its last line the signature of all bytes before that line',
        contentType: 'application/x-ndjson',
      },
      ...noScreen,
    },
  },
  getBrand: { summary: 'Read what holds for all campaigns of the brand', responses: ok(BrandSchema) },
  putBrand: {
    summary: 'Replace the brand’s time zone, offers for a signal, and caps per person over all its campaigns',
    body: BrandInputSchema,
    responses: ok(BrandSchema),
  },
  putPlace: { summary: 'Create or replace a place', body: PlaceBodySchema, responses: ok(PlaceSchema) },
  deletePlace: {
    summary: 'Take a place away; what happened there stays told',
    responses: {
      '204': { description: 'Done' },
      '404': { description: 'There is no such place' },
      '422': { description: 'A screen stands there' },
    },
  },
  getPlacesSync: {
    summary:
      'Where Amazon Location is the locator: what the last check found, and the places that are not there as they should be',
    query: PAGING,
    responses: ok(PlacesSyncSchema),
  },
  syncAllPlaces: {
    summary: 'Where Amazon Location is the locator: have every place sent there',
    responses: {
      '202': { description: 'They will be sent', schema: z.object({ places: z.int() }) },
      '404': { description: 'This deployment locates by itself' },
    },
  },
  getPlace: { summary: 'Read a place', responses: ok(ReadPlaceSchema) },
  listPlaces: { summary: 'List places', query: PAGING, responses: ok(page(ReadPlaceSchema)) },
  nearPlaces: {
    summary: 'The fences that a phone should watch from where it is; nothing of the question is kept',
    query: {
      lng: 'Longitude in degrees.',
      lat: 'Latitude in degrees.',
      limit: 'Fences, 1 to 100 (20).',
      coordinateSystem: `${SYSTEM} The answer is in it too.`,
    },
    responses: ok(NearPlacesSchema),
  },
  importPlaces: {
    summary: 'Import places from a GeoJSON FeatureCollection',
    query: { radiusM: 'Metres, for Point features that do not say theirs.', coordinateSystem: SYSTEM },
    body: z.object({
      type: z.literal('FeatureCollection'),
      coordinateSystem: z.optional(CoordinateSystemSchema),
      features: z.array(z.looseObject({ type: z.literal('Feature') })),
    }),
    responses: ok(
      z.object({
        imported: z.int(),
        rejected: z.array(z.object({ index: z.int(), id: z.optional(z.string()), reason: z.string() })),
      }),
    ),
  },
  putSensitivePlace: {
    summary: 'Create or replace a place near which no geofence may lie, and where nobody is seen',
    body: SensitivePlaceBodySchema,
    responses: {
      ...ok(z.object({ ...SensitivePlaceSchema.def.shape, blockedPlaceIds }), 'It, and the places that it blocks'),
      '422': { description: 'The geometry is none, or the buffer is smaller than the law’s' },
    },
  },
  importSensitivePlaces: {
    summary: 'Import sensitive places from a GeoJSON FeatureCollection',
    body: z.object({
      type: z.literal('FeatureCollection'),
      coordinateSystem: z.optional(CoordinateSystemSchema),
      features: z.array(z.looseObject({ type: z.literal('Feature') })),
    }),
    query: {
      category: `Of features that have none of ${SENSITIVE_CATEGORIES.join(', ')}.`,
      jurisdiction: 'Of features that have none: ISO 3166, such as US-WA.',
      coordinateSystem: SYSTEM,
    },
    responses: ok(
      z.object({
        imported: z.int(),
        rejected: z.array(z.object({ index: z.int(), id: z.optional(z.string()), reason: z.string() })),
        blockedPlaceIds,
      }),
    ),
  },
  listSensitivePlaces: {
    summary: 'List sensitive places',
    query: PAGING,
    responses: ok(page(SensitivePlaceSchema)),
  },
  deleteSensitivePlace: {
    summary: 'Take a sensitive place away',
    responses: { '204': { description: 'Done' }, '404': { description: 'There is no such sensitive place' } },
  },
  putScreen: { summary: 'Create or replace a screen', body: ScreenInputSchema, responses: ok(ScreenSchema) },
  listScreens: { summary: 'List screens', query: PAGING, responses: ok(page(ScreenSchema)) },
  putCreative: {
    summary: 'Create or replace a creative: an image, a video or HTML that screens show',
    body: CreativeInputSchema,
    responses: ok(CreativeSchema),
  },
  getCreative: { summary: 'Read a creative', responses: ok(CreativeSchema) },
  listCreatives: { summary: 'List creatives', query: PAGING, responses: ok(page(CreativeSchema)) },
  putPlaylist: {
    summary: 'Create or replace a playlist: what screens show and when, also of brands that have named the venue',
    body: PlaylistInputSchema,
    responses: { ...ok(PlaylistSchema), '422': { description: 'It names a creative or a brand that it cannot show' } },
  },
  getPlaylist: { summary: 'Read a playlist', responses: ok(PlaylistSchema) },
  listPlaylists: { summary: 'List playlists', query: PAGING, responses: ok(page(PlaylistSchema)) },
  postPlays: {
    summary: 'Report what a screen has shown (proof of play): sequenced, repeatable, up to seven days late',
    body: z.extend(PlayBatchSchema, { plays: z.array(PlaySchema).check(z.maxLength(MAX_PLAYS)) }),
    responses: {
      '202': {
        description: 'How many plays were new or had come before, what was not taken and why, and what is missing',
        schema: TakenPlaysSchema,
      },
      ...noScreen,
      '422': { description: 'The log has too many gaps: begin another' },
    },
  },
  putTag: { summary: 'Create or replace a tag', body: TagInputSchema, responses: ok(TagSchema) },
  getTag: { summary: 'Read a tag', responses: ok(TagSchema) },
  listTags: { summary: 'List tags', query: PAGING, responses: ok(page(TagSchema)) },
  importTags: {
    summary: 'Enrol many tags: CSV with tagId or uid, and kind, name, screenId, placeId, gtin',
    textTypes: ['text/csv'],
    responses: ok(
      z.object({ imported: z.int(), rejected: z.array(z.object({ index: z.int(), reason: z.string() })) }),
      'What was enrolled, and what was not and why',
    ),
  },
  importPlays: {
    summary: 'Import a log of plays: Xibo proof of play, or CSV with creativeId, startedAt, endedAt, brand, screenId',
    query: { timeZone: 'Of times without a zone; the place’s.' },
    textTypes: ['text/csv', 'application/xml'],
    responses: {
      ...ok(
        z.object({
          imported: z.int(),
          rejected: z.array(z.object({ index: z.int(), reason: z.string() })),
          aggregates: z.array(
            z.object({ creativeId: IdSchema, count: z.int(), from: z.iso.datetime(), to: z.iso.datetime() }),
          ),
        }),
        'What was imported, what was not and why, and sums without times of their own, which are not imported',
      ),
      ...noScreen,
    },
  },
  getPlaying: {
    summary: 'Read what was on air at a moment, as proof of play says; never what the playlist says',
    query: { at: 'The moment, as 2026-11-22T10:00:00Z; now.' },
    responses: { ...ok(PlayingSchema), ...noScreen },
  },
  getClock: {
    summary: 'Read the time: when this was received and answered, epoch milliseconds (NTP’s t1 and t2)',
    responses: ok(z.object({ t1: z.int(), t2: z.int() })),
  },
  addPlayer: {
    summary: 'Make a player’s public key known, and learn the code that pairs it with a screen',
    body: PlayerInputSchema,
    responses: {
      '201': {
        description: 'The player, and the code to show for a quarter of an hour',
        schema: z.object({ playerId: IdSchema, pairingCode: z.string(), expiresAt: z.iso.datetime() }),
      },
    },
  },
  pairScreen: {
    summary: 'Pair a screen with the player that shows this code',
    body: PairInputSchema,
    responses: {
      ...ok(z.object({ playerId: IdSchema, screenId: IdSchema })),
      '404': { description: 'There is no such screen of the caller’s, or no player shows this code any more' },
      '422': { description: 'The player belongs to somebody else' },
    },
  },
  removePlayer: {
    summary: 'Part a screen and a player; it shows a code again',
    responses: { '204': { description: 'Done' }, '404': { description: 'The screen has no such player' } },
  },
  getScreenHealth: {
    summary: 'Read how a screen’s players are: last seen, clock, cache, what is on air, what is not delivered',
    responses: {
      ...ok(
        z.object({
          ...z.partial(PlayerStateSchema).def.shape,
          screenId: IdSchema,
          lastSeenAt: z.nullable(z.iso.datetime()),
          players: z.array(PlayerStateSchema),
        }),
      ),
      ...noScreen,
    },
  },
  getPlayerPlaylist: {
    summary: 'Read what the player’s screen shall show; signed by the player. If-None-Match is heard',
    responses: {
      ...ok(PlayerPlaylistSchema),
      '304': { description: 'It is the one that the player has' },
      ...noPlayer,
    },
  },
  getPlayerCreative: {
    summary: 'Read a creative of the player’s playlist; signed by the player',
    query: { brand: 'Whose it is; the screen’s owner’s.' },
    responses: {
      ...ok(
        z.object({
          creativeId: IdSchema,
          brand: z.optional(IdSchema),
          version: IdSchema,
          seconds: CreativeInputSchema.shape.seconds,
          content: CreativeInputSchema.shape.content,
        }),
      ),
      ...noPlayer,
    },
  },
  postPlayerPlays: {
    summary: 'Report what the player has shown; signed by the player',
    body: z.extend(PlayBatchSchema, {
      screenId: IdSchema,
      plays: z.array(PlaySchema).check(z.maxLength(MAX_PLAYS)),
    }),
    responses: {
      '202': {
        description: 'How many plays were new or had come before, what was not taken and why, and what is missing',
        schema: TakenPlaysSchema,
      },
      ...noPlayer,
      '422': { description: 'They are of another screen, or the log has too many gaps' },
    },
  },
  postPlayerHealth: {
    summary: 'Report how the player is; signed by the player',
    body: HealthInputSchema,
    responses: { '204': { description: 'Noted' }, ...noPlayer },
  },
  getPlayerReaction: {
    summary: 'Ask whether the screen shall react to somebody beside it; signed by the player',
    query: { after: 'The number of the last reaction that the player knows.' },
    responses: {
      ...ok(
        z.object({
          n: z.int(),
          reaction: z.optional(z.object({ words: z.record(z.string(), z.string()) })),
        }),
      ),
      ...noPlayer,
    },
  },
  putSegment: { summary: 'Create or replace a segment', body: SegmentInputSchema, responses: ok(SegmentSchema) },
  getSegment: { summary: 'Read a segment', responses: ok(SegmentSchema) },
  listSegments: { summary: 'List segments', query: PAGING, responses: ok(page(SegmentSchema)) },
  importSegments: {
    summary: 'Import segments of Amazon Pinpoint, as GetSegment and GetSegments answer them',
    textTypes: ['application/json'],
    query: { mapping: 'JSON: the mapping that the endpoints were imported with.' },
    responses: ok(
      z.object({
        imported: z.int(),
        rejected: z.array(
          z.object({
            index: z.int(),
            segmentId: z.optional(IdSchema),
            reason: z.string(),
            pointer: z.string(),
          }),
        ),
      }),
      'How many have become segments, and what in the others has no equal here',
    ),
  },
  previewSegment: {
    summary: 'Count, or in a large brand estimate, who is in a segment or would be in one now',
    body: PreviewInputSchema,
    responses: ok(
      z.object({
        count: z.int(),
        of: z.int(),
        sample: z.array(z.object({ personId: IdSchema })),
        /** Whether everybody was counted; otherwise the counts are estimates. */
        complete: z.boolean(),
        /** Each holds the truth 95 times in 100. */
        interval: z.optional(z.object({ count: z.tuple([z.int(), z.int()]), of: z.tuple([z.int(), z.int()]) })),
        /** People that were looked at for an estimate. */
        sampled: z.optional(z.int()),
      }),
    ),
  },
  whySegment: {
    summary: 'Whether somebody is in a segment now, and what each part of its rule finds of them',
    query: { personId: 'Whom it is about.', lang: 'en or zh-CN; otherwise as Accept-Language asks.' },
    responses: ok(
      z.object({ segmentId: IdSchema, personId: IdSchema, at: z.iso.datetime(), in: z.boolean(), why: WhySchema }),
    ),
  },
  putCampaign: {
    summary: 'Create or replace a campaign; a new one is a draft',
    body: CampaignInputSchema,
    responses: ok(CampaignSchema),
  },
  getCampaign: { summary: 'Read a campaign', responses: ok(CampaignSchema) },
  listCampaigns: { summary: 'List campaigns', query: PAGING, responses: ok(page(CampaignSchema)) },
  launchCampaign: { summary: 'Make a campaign live', responses: ok(CampaignSchema) },
  pauseCampaign: { summary: 'Pause a campaign', responses: ok(CampaignSchema) },
  putPerson: {
    summary: 'Create or replace a person; consents are added to the record',
    body: PersonInputSchema,
    responses: { ...ok(PersonSchema), '409': { description: 'An identifier belongs to another person' } },
  },
  getPerson: { summary: 'Read a person', responses: ok(PersonSchema) },
  listConsents: {
    summary: 'Every consent that somebody ever gave or withdrew, newest first',
    query: PAGING,
    responses: ok(page(ConsentSchema)),
  },
  postWithdrawal: {
    summary: 'End a programme, a channel or everything at once, whatever was agreed before',
    body: WithdrawalInputSchema,
    responses: { '204': { description: 'Withdrawn' } },
  },
  postLink: {
    summary: 'Say that two identifiers are one person’s; repeatable',
    body: LinkInputSchema,
    responses: {
      ...ok(
        z.object({
          linkId: z.string(),
          personId: z.string(),
          profiles: z.array(z.string()),
          state: z.enum(['linked', 'shared', 'same', 'unlinked']),
        }),
      ),
      '404': { description: 'Nobody has either identifier' },
      '422': { description: 'Two devices or cards, or more than one human has' },
    },
  },
  getLinks: {
    summary: 'All evidence that a person’s identifiers are one person’s, and what was taken back',
    responses: ok(page(LinkSchema)),
  },
  deleteLink: { summary: 'Take evidence back: whoever it joined is apart again', responses: ok(LinkSchema) },
  listPeople: { summary: 'List people', query: PAGING, responses: ok(page(ListedPersonSchema)) },
  importPeople: {
    summary:
      'Bring many people in: NDJSON, CSV, or what Pinpoint, Shopify and Square export, or a part of it; repeatable',
    query: {
      format: 'ndjson (if not said), csv, pinpoint, shopify-customers or square-customers.',
      mapping: 'JSON: which column is what (csv), what becomes of attributes (pinpoint).',
      country: 'Where phone numbers without a country are dialled: CN.',
      consent: 'On whose word those who have not opted out have agreed to marketing: where they did.',
      consentAt: 'By when they had: the time of the export.',
    },
    textTypes: ['application/x-ndjson', 'text/csv'],
    responses: ok(
      z.object({
        imported: z.int(),
        unchanged: z.int(),
        rejected: z.array(
          z.object({
            line: z.int(),
            personId: z.optional(IdSchema),
            reason: z.string(),
            pointer: z.optional(z.string()),
          }),
        ),
      }),
      'How many lines were taken in, how many said what was known, and which were not taken and why',
    ),
  },
  listSignals: {
    summary: 'A person’s signals and what became of each',
    query: PAGING,
    responses: ok(page(LedgerSchema)),
  },
  listDecisions: {
    summary: 'Why a person did or did not get an offer, gate by gate',
    query: PAGING,
    responses: ok(page(DecisionSchema)),
  },
  listCoupons: { summary: 'A person’s coupons', query: PAGING, responses: ok(page(CouponSchema)) },
  listMessages: { summary: 'A person’s messages', query: PAGING, responses: ok(page(MessageViewSchema)) },
  exportPerson: {
    summary: 'All that is held about a person, with all their profiles: JSON, or a page for who accepts text/html',
    query: { cursor: 'Where a history that did not fit ended.' },
    responses: ok(ExportSchema),
  },
  erasePerson: {
    summary: 'Erase a person: all that is held about them, everywhere. Repeatable; a 503 says to go on by asking again',
    responses: {
      ...ok(ReceiptSchema, 'Erased, now or before'),
      '404': { description: 'Nobody is, or ever was, known by this id' },
      '503': { description: 'Something is left over' },
    },
  },
  listErasures: {
    summary: 'Receipts of erasures, which name nobody',
    query: PAGING,
    responses: ok(page(ReceiptSchema)),
  },
  postPurchase: {
    summary: 'Report a basket that was paid for; the same purchaseId again changes nothing',
    body: PurchaseInputSchema,
    responses: {
      '201': { description: 'Recorded', schema: PurchaseAnswerSchema },
      '200': { description: 'Had been recorded', schema: PurchaseAnswerSchema },
      '422': { description: 'The place is not yours, or the purchaseId was used with other content' },
      '429': { description: 'Too many wrong coupon codes' },
    },
  },
  importPurchases: {
    summary:
      'Bring in what was bought before: purchases as NDJSON, or the orders that Shopify and Square export; repeatable',
    query: {
      format: 'ndjson (if not said), shopify-orders (CSV or JSON) or square-orders (JSON).',
      places: 'JSON: which place a location of the shop is.',
      regionBy: 'province or postcode: what the area of an online order is.',
    },
    textTypes: ['application/x-ndjson', 'text/csv', 'application/json'],
    responses: ok(
      z.object({
        imported: z.int(),
        unchanged: z.int(),
        rejected: z.array(z.object({ line: z.int(), reason: z.string(), pointer: z.optional(z.string()) })),
      }),
      'How many were taken in, how many were known, and which were not taken and why',
    ),
  },
  listPurchases: {
    summary: 'What a person has bought, newest first',
    query: PAGING,
    responses: ok(page(PurchaseViewSchema)),
  },
  handOver: {
    summary: 'A token by which a page learns who opens it (`?handover=`): good once, for ten minutes',
    responses: {
      ...ok(z.object({ token: z.string(), expiresAt: z.iso.datetime() })),
      '422': { description: 'The person has no identifier' },
    },
  },
  reserveCoupon: {
    summary: 'Hold a coupon for a redemption, for at most 15 minutes; the same redemptionId replays the same answer',
    body: RedeemInputSchema,
    responses: { ...ok(ReservationSchema, 'Reserved'), ...redemptionProblems },
  },
  redeemCoupon: {
    summary: 'Redeem a coupon at a till, reserved or not; the same redemptionId replays the same answer',
    body: RedeemInputSchema,
    responses: { ...ok(RedemptionSchema, 'Redeemed'), ...redemptionProblems },
  },
  rollbackCoupon: {
    summary: 'Undo a reservation or a redemption: the coupon may be used again, by another redemptionId',
    body: RollbackInputSchema,
    responses: { ...ok(RollbackSchema, 'Rolled back'), ...redemptionProblems },
  },
  putConnector: {
    summary: 'Create or replace a connector: its secret can be written and never read',
    body: ConnectorInputSchema,
    responses: {
      ...ok(ConnectorSchema),
      '409': { description: 'The connectorId is somebody else’s' },
      '422': { description: 'A place or screen is not yours, or the secret is missing' },
    },
  },
  getConnector: { summary: 'Read a connector, without its secret', responses: ok(ConnectorSchema) },
  listConnectors: { summary: 'List connectors', query: PAGING, responses: ok(page(ConnectorSchema)) },
  postConnectorEvents: {
    summary: 'Take in a vendor’s message, verified in that vendor’s way (docs/connectors.md)',
    responses: {
      '200': { description: 'LINE and WeChat: taken in', contentType: 'text/plain' },
      '202': {
        description: 'What became a signal, what did not and why; or that it was heard before',
        schema: HeardSchema,
      },
      '204': { description: 'CAMARA and RADIUS: taken in' },
      '401': { description: 'It is not the vendor’s word, or is a recording of it' },
    },
  },
  getConnectorEvents: {
    summary: 'The handshake that Meraki (validator) and WeChat (echostr) ask for',
    responses: {
      '200': { description: 'What the vendor wants to see', contentType: 'text/plain' },
      '401': { description: 'It is not the vendor who asks' },
    },
  },
  showTap: {
    summary:
      'An NFC tap: what was on air, and the coupon or the reason. A page, or JSON for `Accept: application/json`',
    responses: tapResponses,
  },
  claimTap: {
    summary: 'The visitor of a tap agrees to what its page asks',
    textTypes: CLAIM_TYPES,
    responses: tapResponses,
  },
  showScan: {
    summary:
      'A scanned code: what was on air, and the coupon or the reason. A page, or JSON for `Accept: application/json`',
    responses: tapResponses,
  },
  claimScan: {
    summary: 'The visitor of a scan agrees to what its page asks',
    textTypes: CLAIM_TYPES,
    responses: tapResponses,
  },
  showItem: { summary: 'A GS1 Digital Link of an item: leads to the tag that has its GTIN', responses: itemResponses },
  showSerialItem: { summary: 'The same of one item with its serial number', responses: itemResponses },
  showUnsubscribe: {
    summary: 'Ask whether to end marketing on a channel',
    responses: { '200': { description: 'A page', contentType: 'text/html' } },
  },
  unsubscribe: {
    summary: 'End marketing on a channel (RFC 8058 one-click)',
    responses: { '200': { description: 'Done', contentType: 'text/html' } },
  },
  showConfirm: {
    summary: 'Ask whether somebody wants marketing by email, as was said for them (double opt-in)',
    responses: { '200': { description: 'A page', contentType: 'text/html' } },
  },
  confirm: {
    summary: 'Agree to it',
    responses: { '200': { description: 'Recorded, with the link as its proof', contentType: 'text/html' } },
  },
  showPortal: {
    summary: 'The page of a venue’s WiFi, opened by its controller (Cisco Meraki, UniFi)',
    query: PORTAL_QUERY,
    responses: { '200': { description: 'A page', contentType: 'text/html' } },
  },
  postPortal: {
    summary: 'Go online, say who one is, agree or withdraw: a form of that page, whose button says what',
    query: PORTAL_QUERY,
    responses: {
      '200': { description: 'The page, with what was done', contentType: 'text/html' },
      '302': { description: 'To the host that opens the network' },
      '303': { description: 'Back to the page' },
      '422': { description: 'The code or address is not right; the page says so', contentType: 'text/html' },
    },
  },
  captivePortalApi: {
    summary: 'Whether the network is closed for this browser, and where to open it (RFC 8908)',
    responses: {
      '200': {
        description: 'The captive portal’s state',
        contentType: 'application/captive+json',
        schema: z.object({
          captive: z.boolean(),
          'user-portal-url': z.string(),
          'venue-info-url': z.string(),
          'seconds-remaining': z.optional(z.int()),
          'can-extend-session': z.optional(z.boolean()),
        }),
      },
    },
  },
  showVenue: {
    summary: 'Which brands are on the screens here (`venue-info-url` of RFC 8908)',
    responses: { '200': { description: 'A page', contentType: 'text/html' } },
  },
  health: { summary: 'Whether the service is there', responses: ok(z.object({ status: z.literal('ok') })) },
  gpcSupport: {
    summary: 'That Global Privacy Control is heeded (`Sec-GPC: 1`)',
    responses: ok(z.object({ gpc: z.literal(true), lastUpdate: z.iso.date() })),
  },
  openapi: { summary: 'This document', responses: ok(z.looseObject({ openapi: z.string() })) },
};
