import type { Random } from '#local/random.ts';

/** What can go wrong, by the numbers under which the house lists it. */
export const FAULTS = {
  F1: 'slow reply',
  F2: 'reset before apply',
  F3: 'applied, reply dropped',
  F4: 'delivered twice',
  F5: '500 or 503',
  F6: 'throttled',
  F7: 'transaction conflict',
  F8: 'transaction in progress',
  F9: 'unprocessed items',
  F10: 'stale read',
  F11: 'TTL deletion',
  F13: 'stream duplicate or reorder',
  F14: 'clock skew or jump',
  F15: 'outage',
  F16: 'slow drip',
  crash: 'environment crashed',
  pause: 'environment paused',
  timeout: 'function timed out',
  'queue twice': 'queue delivered twice',
  'delete lost': 'queue delete lost',
  'send failed': 'queue send failed',
  busy: 'provider 429 or 503',
  unknown: 'provider silent',
  rejected: 'provider refused',
  network: 'client lost the answer',
} as const;
export type Fault = keyof typeof FAULTS;

/** Probabilities of one seed; times in milliseconds. */
export type Profile = {
  name: string;
  rates: Record<Exclude<Fault, 'F11' | 'F14' | 'F15' | 'F16' | 'pause' | 'timeout' | 'crash'>, number>;
  /** For each step outside the environment, before it and after it. */
  crash: number;
  /** The same: the environment sleeps, and wakes when everybody has given it up. */
  pause: number;
  maxSkewMs: number;
  jumps: number;
  pauses: number;
  outage: { after: number; for: number } | undefined;
  drip: { after: number; for: number } | undefined;
  maxStaleMs: number;
};

/** By the seed's last digit, so that any ten seeds in a row meet all of them. */
const NAMES = [
  'usual',
  'calm',
  'ambiguous',
  'zombies',
  'brutal',
  'crashes',
  'clocks',
  'provider',
  'outage',
  'zombies',
] as const;
export type ProfileName = (typeof NAMES)[number];

/** Longer than any lease, any visibility, and the ten minutes of a transaction's token. */
const MAX_SLEEP_MS = 20 * 60_000;
const HOUR_MS = 3_600_000;
/** Clocks of Lambda's machines are far better; half of what the house promises to bear. */
const MAX_SKEW_MS = 5 * 60_000;

/** Which faults a seed meets, and how often: some seeds are calm, some brutal, most have their own favourite. */
export function drawProfile(random: Random, seed: number, weather?: ProfileName): Profile {
  const name = weather ?? (NAMES[seed % NAMES.length] as ProfileName);
  const rate = (most: number): number => (name === 'calm' ? 0 : random.chance(0.3) ? 0 : random.next() * most);
  const brutal = name === 'brutal' ? 3 : 1;
  const ambiguous = name === 'ambiguous' ? 6 : brutal;
  return {
    name,
    rates: {
      F1: rate(0.05),
      F2: rate(0.02 * brutal),
      F3: rate(0.03 * ambiguous),
      F4: rate(0.03 * ambiguous),
      F5: rate(0.02 * ambiguous),
      F6: rate(0.03 * brutal),
      F7: rate(0.03 * brutal),
      F8: rate(0.01 * ambiguous),
      F9: rate(0.05 * brutal),
      F10: rate(0.2),
      F13: rate(0.1 * brutal),
      'queue twice': rate(0.05 * brutal),
      'delete lost': rate(0.03 * brutal),
      'send failed': rate(0.03 * brutal),
      busy: name === 'provider' ? random.between(0.6, 0.97) : rate(0.2 * brutal),
      unknown: name === 'provider' ? random.next() * 0.2 : rate(0.05 * brutal),
      rejected: rate(0.03),
      network: rate(0.05 * ambiguous),
    },
    crash: name === 'crashes' ? 0.002 + random.next() * 0.02 : rate(0.002 * brutal),
    pause: name === 'zombies' ? random.between(0.02, 0.08) : 0,
    maxSkewMs: name === 'clocks' ? MAX_SKEW_MS : random.chance(0.5) && name !== 'calm' ? random.int(0, 60_000) : 0,
    jumps: name === 'clocks' ? random.int(1, 10) : 0,
    pauses: name === 'zombies' ? random.int(3, 12) : name === 'brutal' ? random.int(0, 3) : 0,
    outage: name === 'outage' ? { after: random.between(0, 0.5), for: 3 * HOUR_MS } : undefined,
    drip:
      name !== 'calm' && random.chance(0.2)
        ? { after: random.between(0, 0.7), for: random.between(10_000, 300_000) }
        : undefined,
    maxStaleMs: 2_000,
  };
}

/** Draws faults by a profile, counts those that really happened, and stops when the world heals. */
export type Faults = {
  readonly profile: Profile;
  /** True, and counted, with the profile's probability. */
  strikes: (fault: keyof Profile['rates']) => boolean;
  crashes: () => boolean;
  /** For how long an environment sleeps now; mostly not at all. */
  sleeps: () => number;
  count: (fault: Fault) => void;
  readonly counts: ReadonlyMap<Fault, number>;
  /** Nothing goes wrong any more. */
  heal: () => void;
  /** Nothing goes wrong yet: the world is being set up. */
  begin: (now: number, spanMs: number) => void;
  readonly active: boolean;
  /** Whether the store cannot be reached, or drips, now. */
  isOut: (now: number) => boolean;
  isDripping: (now: number) => boolean;
  readonly random: Random;
};

export function createFaults(profile: Profile, random: Random): Faults {
  const counts = new Map<Fault, number>();
  let active = false;
  let startedAt = 0;
  let span = 1;
  const count = (fault: Fault): void => {
    counts.set(fault, (counts.get(fault) ?? 0) + 1);
  };
  const within = (window: Profile['outage'], now: number): boolean => {
    if (!active || !window) return false;
    const from = startedAt + window.after * span;
    return now >= from && now < from + window.for;
  };
  return {
    profile,
    counts,
    count,
    random,
    strikes(fault) {
      if (!active || !random.chance(profile.rates[fault])) return false;
      count(fault);
      return true;
    },
    crashes() {
      if (!active || !random.chance(profile.crash)) return false;
      count('crash');
      return true;
    },
    sleeps() {
      if (!active || !random.chance(profile.pause)) return 0;
      count('pause');
      return random.int(1_000, MAX_SLEEP_MS);
    },
    begin(now, spanMs) {
      active = true;
      startedAt = now;
      span = spanMs;
    },
    heal() {
      active = false;
    },
    get active() {
      return active;
    },
    isOut: (now) => within(profile.outage, now),
    isDripping: (now) => within(profile.drip, now),
  };
}
