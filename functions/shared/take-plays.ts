import type { Airing } from '#core/screens/on-air.ts';
import {
  airingOfPlay,
  DEFAULT_LOG_ID,
  type Play,
  PlayBatchSchema,
  PlaySchema,
  timeFaults,
} from '#core/screens/play.ts';
import type { Range } from '#core/screens/sequence-ranges.ts';
import type { Tenant } from '#store/keys.ts';
import { MAX_OPEN, MAX_RANGES, recordPlays } from '#store/plays.ts';
import { type FieldError, Problem } from './problem.ts';
import type { Runtime } from './runtime.ts';
import { check, validate } from './validate.ts';

/**
 * What came of a batch: how many plays were new and how many had come before, those that are none (`index` within the
 * batch), and the sequence numbers, both ends included, that are missing of the log by now.
 */
export type TakenPlays = {
  accepted: number;
  repeated: number;
  rejected: { index: number; reason: string; errors: FieldError[] }[];
  gaps: Range[];
};

/**
 * Takes a batch of proof of play of one screen of `owner`, whoever has sent it: each play judged by itself, each taken
 * once however often it comes. `body` is `{logId?, clock?, plays}` as `PlayBatchSchema` and `PlaySchema` say.
 * @throws Problem 400 when the body is no batch, 422 when the log has too many gaps; nothing was taken then
 */
export async function takePlays(
  { db, now }: Pick<Runtime, 'db' | 'now'>,
  owner: Tenant,
  screenId: string,
  body: unknown,
): Promise<TakenPlays> {
  const { logId = DEFAULT_LOG_ID, clock, plays: items } = validate(PlayBatchSchema, body);
  const ownBrand = owner.kind === 'brand' ? owner.id : undefined;
  const plays: Airing[] = [];
  const rejected: TakenPlays['rejected'] = [];
  let open = 0;
  for (const [index, item] of items.entries()) {
    const at = `/plays/${index}`;
    const judged = judge(item, at, (play) => airingOfPlay(play, { logId, clock, ownBrand }), now());
    if (judged.ok && judged.airing.open) open += 1;
    if (!judged.ok) rejected.push(rejection(index, judged.errors));
    else if (judged.airing.open && open > MAX_OPEN) {
      const detail = `is missing: at most ${MAX_OPEN} plays of a batch may be open`;
      rejected.push(rejection(index, [{ pointer: `${at}/endedAt`, detail }]));
    } else plays.push(judged.airing);
  }
  try {
    return { ...(await recordPlays(db, owner, screenId, { logId, plays })), rejected };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem('unprocessable', 'the log has too many gaps; begin another', [
      { pointer: '/logId', detail: `would have more than ${MAX_RANGES} gaps` },
    ]);
  }
}

type Judged = { ok: true; airing: Airing } | { ok: false; errors: FieldError[] };

function judge(item: unknown, at: string, airingOf: (play: Play) => Airing, now: number): Judged {
  const result = check(PlaySchema, item, at);
  if (!result.ok) return result;
  const airing = airingOf(result.value);
  const faults = timeFaults(airing, result.value, now);
  if (faults.length === 0) return { ok: true, airing };
  return { ok: false, errors: faults.map(({ field, detail }) => ({ pointer: `${at}/${field}`, detail })) };
}

const rejection = (index: number, errors: FieldError[]) => ({ index, reason: errors.map(words).join('; '), errors });

/** `endedAt: must be after…`: the field within the play, and what is wrong with it. */
const words = ({ pointer, detail }: FieldError): string =>
  `${pointer.split('/').slice(3).join('/') || 'play'}: ${detail}`;
