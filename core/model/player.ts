import * as z from 'zod/mini';
import { IdSchema } from './common.ts';

/** A coordinate of P-256: 32 bytes. */
const CoordinateSchema = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url'));

/** RFC 7518: whoever has the other half of it, and only they, can sign as this player. */
export const PublicKeySchema = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: CoordinateSchema,
  y: CoordinateSchema,
});
export type PublicKey = z.infer<typeof PublicKeySchema>;

/** A player makes itself known: `POST /v1/players`. */
export const PlayerInputSchema = z.strictObject({ publicKey: PublicKeySchema });

/** What the player shows, read from the screen and typed in: `POST /v1/screens/{screenId}/pair`. */
export const PairInputSchema = z.strictObject({ code: z.string().check(z.minLength(1), z.maxLength(20)) });

const MillisecondsSchema = z.number().check(z.gte(-1e13), z.lte(1e13));
const CountSchema = z.int().check(z.gte(0), z.lte(1e12));

/** How a player is: `POST /v1/players/{playerId}/health`. */
export const HealthInputSchema = z.strictObject({
  /** Absent as long as it has not been measured. */
  clock: z.optional(z.strictObject({ offsetMs: MillisecondsSchema, uncertaintyMs: MillisecondsSchema })),
  /** Creatives that it holds, of those in its playlist, and their bytes. */
  cached: CountSchema,
  cacheBytes: CountSchema,
  onAir: z.optional(z.strictObject({ creativeId: IdSchema, brand: z.optional(IdSchema) })),
  /** Plays that have not been delivered. */
  backlog: CountSchema,
  /** Of its playlist. */
  version: z.optional(IdSchema),
});
