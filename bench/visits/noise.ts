import type { Fix } from '#core/geo/detect.ts';
import type { Random } from '#local/random.ts';
import { degreesOf, type Spot } from './street.ts';
import type { Habit, Walk } from './walk.ts';

/** How far a phone's word is from the truth. Errors wander (Ornstein and Uhlenbeck), as real ones do; they are not drawn anew. */
export type Noise = {
  name: string;
  words: string;
  habit: Habit;
  /** Seconds between fixes. */
  cadence: (random: Random) => number;
  /** Each axis' standard deviation in metres, and the seconds in which the error forgets itself; by whether indoors. */
  error: (indoors: boolean) => { sigmaM: number; memorySeconds: number };
  /** Metres, of an honest fix: the radius that holds 68 % of them, as the phone guesses it. */
  accuracyM: (sigmaM: number, random: Random) => number;
  /** Reflections: how often one begins, in seconds, and how long it lasts; the phone claims 2 to 9 m all the while. */
  lies?: { everySeconds: number; lastsSeconds: number; metres: readonly [least: number, most: number] };
  /** The share of fixes that come from a cell tower. */
  towers?: number;
  isSparse: boolean;
};

/** Of a two-dimensional normal error: the radius of 68 %. */
const R68 = 1.51;
const guess = (sigmaM: number, random: Random): number => R68 * sigmaM * random.between(0.7, 1.4);
const every15 = (): number => 15;

export const NOISES: readonly Noise[] = [
  {
    name: 'open street',
    words: 'a clear sky',
    habit: 'town',
    cadence: every15,
    isSparse: false,
    error: () => ({ sigmaM: 5, memorySeconds: 30 }),
    accuracyM: guess,
  },
  {
    name: 'urban canyon',
    words: 'reflections that put a phone 50 to 200 m off for half a minute and claim 2 to 9 m',
    habit: 'town',
    cadence: every15,
    isSparse: false,
    error: () => ({ sigmaM: 9, memorySeconds: 60 }),
    accuracyM: guess,
    lies: { everySeconds: 180, lastsSeconds: 20, metres: [50, 200] },
  },
  {
    name: 'indoor drift',
    words: 'indoors the position wanders off for minutes',
    habit: 'town',
    cadence: every15,
    isSparse: false,
    error: (indoors) => (indoors ? { sigmaM: 12, memorySeconds: 240 } : { sigmaM: 6, memorySeconds: 30 }),
    accuracyM: guess,
  },
  {
    name: 'phone on a table',
    words: 'a phone at rest 15 to 40 m from a fence, which jumps as phones in public logs do',
    habit: 'table',
    cadence: every15,
    isSparse: false,
    error: () => ({ sigmaM: 6, memorySeconds: 60 }),
    accuracyM: guess,
    lies: { everySeconds: 150, lastsSeconds: 15, metres: [20, 200] },
  },
  {
    name: 'sparse background',
    words: 'a fix every 1 to 5 minutes by WiFi, every tenth from a cell tower',
    habit: 'town',
    cadence: (random) => random.between(60, 300),
    isSparse: true,
    error: () => ({ sigmaM: 14, memorySeconds: 120 }),
    accuracyM: guess,
    towers: 0.1,
  },
];

/** What the phone reports of a walk. */
export function fixesOf({ spots, indoors }: Walk, noise: Noise, random: Random): Fix[] {
  const fixes: Fix[] = [];
  const error = { x: 0, y: 0 };
  let lie: { until: number; x: number; y: number } | undefined;
  let next = 0;
  for (let second = 0; second < spots.length; second += 1) {
    wander(error, noise.error(indoors[second] as boolean), random);
    if (lie && second >= lie.until) lie = undefined;
    if (!lie && noise.lies && random.chance(1 / noise.lies.everySeconds)) lie = lieOf(noise.lies, second, random);
    if (second < next) continue;
    next = second + noise.cadence(random);
    fixes.push(
      fixAt(
        second,
        spots[second] as Spot,
        { noise, error, lie, sigmaM: noise.error(indoors[second] as boolean).sigmaM },
        random,
      ),
    );
  }
  return fixes;
}

function wander(
  error: Spot,
  { sigmaM, memorySeconds }: { sigmaM: number; memorySeconds: number },
  random: Random,
): void {
  const keep = Math.exp(-1 / memorySeconds);
  const fresh = sigmaM * Math.sqrt(1 - keep * keep);
  error.x = error.x * keep + fresh * random.normal();
  error.y = error.y * keep + fresh * random.normal();
}

function lieOf({ lastsSeconds, metres }: NonNullable<Noise['lies']>, second: number, random: Random) {
  const angle = random.next() * 2 * Math.PI;
  const reach = random.between(...metres);
  return {
    until: second + 2 + random.exponential(lastsSeconds),
    x: reach * Math.cos(angle),
    y: reach * Math.sin(angle),
  };
}

type Source = { noise: Noise; error: Spot; lie: Spot | undefined; sigmaM: number };

function fixAt(second: number, spot: Spot, { noise, error, lie, sigmaM }: Source, random: Random): Fix {
  const at = second * 1000;
  const of = (off: Spot, accuracyM: number): Fix => {
    const [lng, lat] = degreesOf({ x: spot.x + off.x, y: spot.y + off.y });
    return { at, lng, lat, accuracyM: Math.round(accuracyM * 10) / 10 };
  };
  if (noise.towers && random.chance(noise.towers)) {
    const sigma = random.between(200, 700);
    return of({ x: sigma * random.normal(), y: sigma * random.normal() }, R68 * sigma);
  }
  if (lie) return of({ x: lie.x + 2 * random.normal(), y: lie.y + 2 * random.normal() }, random.between(2, 9));
  return of(error, noise.accuracyM(sigmaM, random));
}
