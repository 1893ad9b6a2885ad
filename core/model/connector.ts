import * as z from 'zod/mini';
import { IdSchema, NameSchema } from './common.ts';
import { PortalSchema } from './portal.ts';

/** More access points than the largest venues have, and an entry that fits one item. */
const MAX_PLACES = 1000;
const MAX_BRANDS = 50;
/** The current secret, the one before it, and room for two more while they are changed. */
const MAX_SECRETS = 4;

const words = (least: number, most = 256) =>
  z.string().check(z.minLength(least), z.maxLength(most), z.regex(/^[\x21-\x7e]+$/, 'must be ASCII without spaces'));
/** One secret, or several of which each is accepted while they are changed one after the other. */
const several = <S extends z.ZodMiniType>(secret: S) =>
  z.union([secret, z.array(secret).check(z.minLength(1), z.maxLength(MAX_SECRETS))]);

const SharedSecretSchema = several(words(8));
/** Whoever knows it may say anything: long enough not to be guessed. */
const BearerTokenSchema = several(words(16, 1000));
/** Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
const WebhookSecretSchema = several(
  z
    .string()
    .check(
      z.regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64'),
      z.refine(isWebhookKey, 'must be whsec_ and 24 to 64 bytes in base64'),
    ),
);
const MerakiSecretSchema = z.strictObject({
  /** What Meraki's dashboard shows, and asks for with a GET. */
  validator: words(8),
  /** What stands in every message. */
  secret: words(8),
});
const WechatSecretSchema = z.strictObject({
  token: z.string().check(z.regex(/^[A-Za-z0-9]{3,32}$/, 'must be 3 to 32 letters and digits')),
  appId: words(4, 64),
  /** With it only encrypted messages are taken (safe or compatible mode): a plain one is not signed as a whole. */
  encodingAesKey: z.optional(z.string().check(z.regex(/^[A-Za-z0-9]{43}$/, 'must be 43 letters and digits'))),
});
export type MerakiSecret = z.infer<typeof MerakiSecretSchema>;
export type WechatSecret = z.infer<typeof WechatSecretSchema>;

/** Where an access point, zone, location, beacon, area or scene is: the owner's own place, and the screen beside it. */
const PlacementSchema = z.strictObject({ placeId: IdSchema, screenId: z.optional(IdSchema) });
export type Placement = z.infer<typeof PlacementSchema>;

const common = {
  name: NameSchema,
  /** By what the vendor calls a place: access point's MAC, SSID, zone, map, site, location, hwid, subscription, scene. */
  places: z._default(
    z
      .record(
        z.string().check(z.minLength(1), z.maxLength(128), z.regex(/^\P{Cc}+$/u, 'must be one line')),
        PlacementSchema,
      )
      .check(z.refine((places) => Object.keys(places).length <= MAX_PLACES, `has more than ${MAX_PLACES} places`)),
    {},
  ),
  /** Which brands may hear of guests who share with them: by default those that the portal names; a brand's own: itself. */
  brands: z.optional(z.array(IdSchema).check(z.maxLength(MAX_BRANDS))),
  /** The page that the network shows to guests. */
  portal: z.optional(PortalSchema),
};
const ofShops = {
  /** Which part of where an online order goes is the area that it counts for; `province` unless said otherwise. */
  regionBy: z.optional(z.enum(['province', 'postcode'])),
};
const ofSquare = {
  /** The URL that the subscription has: this connector's events, as Square sees it. It is a part of what Square signs. */
  notificationUrl: z.string().check(z.maxLength(1000), z.regex(/^https?:\/\/[\x21-\x7e]+$/, 'must be a URL')),
};
/** The secret can be written and never read. It is needed once; a PUT without keeps what is there. */
const connector = <K extends string, S extends z.ZodMiniType, M extends object>(
  kind: K,
  secret: S,
  more: M = {} as M,
) => z.strictObject({ kind: z.literal(kind), secret: z.optional(secret), ...common, ...more });

/** Somebody's system that tells us who is near what: `PUT /v1/connectors/{connectorId}`. */
export const ConnectorInputSchema = z.discriminatedUnion('kind', [
  connector('meraki', MerakiSecretSchema),
  connector('mist', SharedSecretSchema),
  connector('cisco-spaces', BearerTokenSchema),
  connector('radius', BearerTokenSchema),
  connector('webhook', WebhookSecretSchema),
  connector('line', SharedSecretSchema),
  connector('camara', BearerTokenSchema),
  connector('wechat', WechatSecretSchema),
  connector('shopify', SharedSecretSchema, ofShops),
  connector('square', SharedSecretSchema, ofSquare),
]);
export type ConnectorInput = z.infer<typeof ConnectorInputSchema>;
export type ConnectorKind = ConnectorInput['kind'];

/** A connector as everybody of its owner's may see it: when its secret was set, and enough to tell two secrets apart. */
export type Connector = Omit<ConnectorInput, 'secret'> & {
  connectorId: string;
  regionBy?: 'province' | 'postcode' | undefined;
  notificationUrl?: string | undefined;
  /** Since when Shopify wants all data of the shop gone: the merchant has let go of it. */
  shopErasureAskedAt?: string | undefined;
  secretFingerprint: string;
  secretSetAt: string;
};
export const ConnectorSchema = z.object({
  connectorId: IdSchema,
  kind: z.enum([
    'meraki',
    'mist',
    'cisco-spaces',
    'radius',
    'webhook',
    'line',
    'camara',
    'wechat',
    'shopify',
    'square',
  ]),
  ...common,
  ...ofShops,
  notificationUrl: z.optional(ofSquare.notificationUrl),
  shopErasureAskedAt: z.optional(z.iso.datetime()),
  secretFingerprint: z.string(),
  secretSetAt: z.iso.datetime(),
});

/** `AA-BB-CC-DD-EE-FF`, `aabb.ccdd.eeff` and the like as `aa:bb:cc:dd:ee:ff`; undefined for what is no MAC address. */
export function macOf(text: string | undefined): string | undefined {
  const digits = text !== undefined && text.length <= 17 ? text.toLowerCase().replace(/[:.-]/g, '') : '';
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replace(/(..)(?=.)/g, '$1:') : undefined;
}

/** Where a vendor's names lead, the most telling first. */
export function placementOf({ places }: Pick<Connector, 'places'>, names: readonly string[]): Placement | undefined {
  const known = names.map(placeName).find((name) => Object.hasOwn(places, name));
  return known === undefined ? undefined : places[known];
}

/** The one spelling of a vendor's name for a place: MAC addresses are written in many ways. */
export const placeName = (name: string): string => macOf(name) ?? name;

function isWebhookKey(secret: string): boolean {
  const { length } = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return length >= 24 && length <= 64;
}
