import { getPlaying } from '#functions/screens/playing.ts';
import type { HttpRequest } from '#functions/shared/http.ts';
import { onAirAtScreen } from '#functions/shared/on-air.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { createRandom } from '#local/random.ts';
import { countCapacity } from '../capacity.ts';
import { creativeOf, OWNER, PLAY_MS, SCREENS, screenOf, type Venue } from './venue.ts';

const SEED = 20_261_122;
const WARM_UP = 300;
const QUESTIONS = 4_000;
const COUNTED = 200;

type Row = { plays: number; answer: string; p50Ms: number; p99Ms: number; readUnits: number };

/**
 * What was on air, asked of venues of different histories in turns, so that a busy neighbour slows all alike; each
 * answer is compared with what was shown. `query` is the one query and the join, `GET` the whole step with the look-up
 * of whose screen it is.
 */
export async function measurePlaying(
  venues: readonly Venue[],
): Promise<{ rows: Row[]; headline: Record<string, number> }> {
  const random = createRandom(SEED).next;
  const kinds = { query: askStore, GET: askStep };
  const results = venues.flatMap((venue) =>
    Object.entries(kinds).map(([answer, ask]) => ({ venue, answer, ask, times: [] as number[] })),
  );
  for (let round = -WARM_UP; round < QUESTIONS; round += 1) {
    for (const { venue, ask, times } of results) {
      const question = anyMoment(venue, random);
      const began = performance.now();
      const said = await ask(venue, question.screen, question.at);
      const took = performance.now() - began;
      if (said !== question.creativeId) throw new Error(`${said} was answered, ${question.creativeId} was on air`);
      if (round >= 0) times.push(took);
    }
  }
  const rows: Row[] = [];
  for (const { venue, answer, ask, times } of results) {
    rows.push({
      plays: venue.plays,
      answer,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      readUnits: await unitsOf(venue, ask, random),
    });
  }
  const p99 = (plays: number | undefined) =>
    rows.find((row) => row.plays === plays && row.answer === 'query')?.p99Ms ?? Number.NaN;
  const [few, many] = [venues[0]?.plays, venues.at(-1)?.plays];
  return {
    rows,
    headline: { playingAtP99Ms: p99(many), playingAtGrowth: Math.round((p99(many) / p99(few)) * 100) / 100 },
  };
}

type Ask = (venue: Venue, screen: number, at: number) => Promise<string | undefined>;

const askStore: Ask = async ({ db }, screen, at) =>
  (await onAirAtScreen({ db }, OWNER, screenOf(screen), at)).candidates[0]?.creativeId;

const askStep: Ask = async ({ db, to }, screen, at) => {
  const request: HttpRequest = {
    // The step uses no more of its process than this.
    runtime: { db, now: () => to } as Runtime,
    caller: { subject: 'bench', tenant: OWNER, role: 'operator' },
    path: { screenId: screenOf(screen) },
    query: { at: new Date(at).toISOString() },
    headers: {},
    body: undefined,
    text: '',
    bytes: Buffer.alloc(0),
    cookies: {},
  };
  const { body } = await getPlaying(request);
  return (body as { creativeId: string }).creativeId;
};

/** A moment in the middle of a play: near a cut there are two answers. */
function anyMoment({ from, plays }: Venue, random: () => number) {
  const screen = Math.floor(random() * SCREENS);
  const n = Math.floor((random() * plays) / SCREENS);
  const at = from + n * PLAY_MS + Math.floor(PLAY_MS / 4 + (random() * PLAY_MS) / 2);
  return { screen, at, creativeId: creativeOf(screen, n) };
}

async function unitsOf(venue: Venue, ask: Ask, random: () => number): Promise<number> {
  const meter = countCapacity(venue.client);
  for (let count = 0; count < COUNTED; count += 1) {
    const { screen, at } = anyMoment(venue, random);
    await ask(venue, screen, at);
  }
  venue.client.middlewareStack.remove('countCapacity');
  const units = meter.rows().reduce((sum, row) => sum + row.units, 0);
  return Math.round((units / COUNTED) * 100) / 100;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 100) / 100;
}
