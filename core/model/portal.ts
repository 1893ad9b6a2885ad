import * as z from 'zod/mini';
import { IdSchema, NameSchema } from './common.ts';

/** A page that asks about more brands than this asks about none. */
const MAX_BRANDS = 20;

/** A brand whose adverts run beside this network, as guests read about it. */
const PortalBrandSchema = z.strictObject({
  brand: IdSchema,
  name: NameSchema,
  /** One line on what it has for guests here. */
  about: z.optional(NameSchema),
});
export type PortalBrand = z.infer<typeof PortalBrandSchema>;

/** The page that a venue's WiFi shows before it lets somebody online: part of the WiFi controller's connector. */
export const PortalSchema = z.strictObject({
  /** What the network is called on the phone. */
  networkName: NameSchema,
  /** The venue's terms of use. */
  termsUrl: z.optional(
    z.string().check(z.maxLength(1000), z.regex(/^https:\/\/[^\s"'<>\\]+$/, 'must be an https:// address')),
  ),
  /** Hosts that may open the network, besides Cisco Meraki's own; each is that very name, not what ends with it. */
  grantHosts: z._default(
    z
      .array(
        z.string().check(z.regex(/^(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}$/, 'must be a host name')),
      )
      .check(z.maxLength(20)),
    [],
  ),
  /** How long a guest is online before the page is shown again, in minutes. */
  sessionMinutes: z._default(z.int().check(z.gte(5), z.lte(10_080)), 240),
  brands: z._default(z.array(PortalBrandSchema).check(z.maxLength(MAX_BRANDS)), []),
});
export type Portal = z.infer<typeof PortalSchema>;
