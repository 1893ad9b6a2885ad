import * as z from 'zod/mini';
import { DaySchema, HoursSchema, IdSchema, InstantSchema, NameSchema } from './common.ts';

/** What a screen may show without reaching out: a picture small enough to lie in its document. */
const DATA_URL = /^data:image\/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*$/;
const HTTPS_URL = /^https:\/\/[^\s"'<>]{1,1990}$/;
const MAX_INLINE = 250_000;

const MediaUrlSchema = z.string().check(
  z.maxLength(MAX_INLINE),
  z.refine((url) => HTTPS_URL.test(url) || DATA_URL.test(url), 'must be https://… or data:image/…;base64,…'),
);

/** HTML is shown in a frame of its own origin, without scripts' access to the player. */
const ContentSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), url: MediaUrlSchema }),
  z.strictObject({ kind: z.literal('video'), url: MediaUrlSchema }),
  z.strictObject({ kind: z.literal('html'), html: z.string().check(z.minLength(1), z.maxLength(MAX_INLINE)) }),
]);

/** What a screen shows: `PUT /v1/creatives/{creativeId}`. A brand's own, or a venue's. */
export const CreativeInputSchema = z.strictObject({
  name: NameSchema,
  content: ContentSchema,
  /** Seconds that one play lasts. */
  seconds: z._default(z.number().check(z.gte(1), z.lte(3600)), 8),
});
export type CreativeInput = z.infer<typeof CreativeInputSchema>;
export type Creative = CreativeInput & { creativeId: string };

const PlaylistItemSchema = z.strictObject({
  creativeId: IdSchema,
  /** Whose creative it is; without, the playlist's owner's. */
  brand: z.optional(IdSchema),
  /** Share of voice: of items of the same priority, in proportion. */
  weight: z._default(z.number().check(z.gt(0), z.lte(1000)), 1),
  /** Items of the highest priority that may play now, play; the others wait. */
  priority: z._default(z.int().check(z.gte(0), z.lte(1000)), 0),
  days: z.optional(z.array(DaySchema).check(z.minLength(1), z.maxLength(7))),
  /** Daypart, by the clock on the wall of the screen's place. */
  hours: z.optional(HoursSchema),
  startsAt: z.optional(InstantSchema),
  endsAt: z.optional(InstantSchema),
  /** In any rolling hour, on one screen. */
  maxPlaysPerHour: z.optional(z.int().check(z.gte(1), z.lte(3600))),
});
export type PlaylistItem = z.infer<typeof PlaylistItemSchema>;

/** What screens show and when: `PUT /v1/playlists/{playlistId}`. */
export const PlaylistInputSchema = z.strictObject({
  name: NameSchema,
  items: z.array(PlaylistItemSchema).check(z.minLength(1), z.maxLength(200)),
});
export type Playlist = z.infer<typeof PlaylistInputSchema> & { playlistId: string };
