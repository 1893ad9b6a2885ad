import * as z from 'zod/mini';
import { IdSchema, InstantSchema } from '../model/common.ts';
import { type Airing, DEFAULT_UNCERTAINTY_MS } from './on-air.ts';

/** One request carries at most this many plays: an hour of a screen that was cut off, in plays of eight seconds. */
export const MAX_PLAYS = 500;
/** An advert is seconds; an hour is a still picture that nobody changes, told once an hour. */
export const MAX_PLAY_MS = 3_600_000;
/** How long a player that was cut off may keep its log: a week's holiday. */
const MAX_LATE_MS = 7 * 86_400_000;
/** A clock may be this much ahead of ours. */
export const MAX_AHEAD_MS = 5 * 60_000;
/** The log of those who name none. */
export const DEFAULT_LOG_ID = 'api';

/**
 * What a player knows of its clock: `offsetMs` is what it adds to have the server's time (NTP's theta, server minus
 * player), and it may be `uncertaintyMs` off, either way (half of the best round trip).
 */
const ClockSchema = z.strictObject({
  /** A computer without a battery begins in 1970. */
  offsetMs: z.number().check(z.gte(-1e13), z.lte(1e13)),
  uncertaintyMs: z.number().check(z.gte(0), z.lte(MAX_PLAY_MS)),
});
export type Clock = z.infer<typeof ClockSchema>;

/** One play of `POST /v1/screens/{screenId}/plays`, by the player's own clock. */
export const PlaySchema = z.strictObject({
  /** Rises by one with each play of a log. */
  sequence: z.int().check(z.gte(0)),
  creativeId: IdSchema,
  /** Whose creative; without, the screen's owner's. */
  brand: z.optional(IdSchema),
  startedAt: InstantSchema,
  /** Of a play that has ended. */
  endedAt: z.optional(InstantSchema),
  /** Of one that is on: told when it begins, and again with `endedAt` when it has ended. */
  plannedEndsAt: z.optional(InstantSchema),
  /** The clock as it was when this was logged, where it is not the batch's. */
  clock: z.optional(ClockSchema),
});
export type Play = z.infer<typeof PlaySchema>;

/** What is around the plays of a batch; each of them is judged by itself. */
export const PlayBatchSchema = z.strictObject({
  /** One run of a player; a restart begins another. */
  logId: z.optional(IdSchema),
  clock: z.optional(ClockSchema),
  plays: z.array(z.unknown()).check(z.maxLength(MAX_PLAYS)),
});

/** A play by the server's clock. Of a brand's own screen its own creatives have no brand, as without it. */
export function airingOfPlay(
  play: Play,
  batch: { logId: string; clock: Clock | undefined; ownBrand: string | undefined },
): Airing {
  const { offsetMs, uncertaintyMs } = play.clock ?? batch.clock ?? NO_CLOCK;
  const corrected = (at: string) => Math.round(Date.parse(at) + offsetMs);
  return {
    creativeId: play.creativeId,
    brand: play.brand === batch.ownBrand ? undefined : play.brand,
    startedAt: corrected(play.startedAt),
    endedAt: corrected(play.endedAt ?? play.plannedEndsAt ?? play.startedAt),
    open: play.endedAt === undefined,
    uncertaintyMs: Math.ceil(uncertaintyMs),
    logId: batch.logId,
    sequence: play.sequence,
  };
}
const NO_CLOCK: Clock = { offsetMs: 0, uncertaintyMs: DEFAULT_UNCERTAINTY_MS };

/** What is wrong with when it was on, by the server's clock; `field` of the play. */
export function timeFaults(
  { startedAt, endedAt, open }: Airing,
  play: Pick<Play, 'plannedEndsAt'>,
  now: number,
): { field: keyof Play; detail: string }[] {
  if (open && play.plannedEndsAt === undefined) {
    return [{ field: 'endedAt', detail: 'is missing; a play that is still on says plannedEndsAt' }];
  }
  const end = open ? 'plannedEndsAt' : 'endedAt';
  if (endedAt <= startedAt) return [{ field: end, detail: 'must be after startedAt' }];
  if (endedAt - startedAt > MAX_PLAY_MS) return [{ field: end, detail: 'is more than an hour after startedAt' }];
  if (endedAt < now - MAX_LATE_MS) return [{ field: end, detail: 'is more than seven days ago' }];
  const field = open ? 'startedAt' : 'endedAt';
  const last = open ? startedAt : endedAt;
  return last > now + MAX_AHEAD_MS ? [{ field, detail: 'is more than five minutes in the future' }] : [];
}
