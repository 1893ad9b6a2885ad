/** A seeded source of numbers: the same seed gives the same city, people and walks on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next: () => number;
  /** Uniform in [low, high). */
  between: (low: number, high: number) => number;
  /** Integer, uniform in [low, high], both ends included. */
  int: (low: number, high: number) => number;
  /** True with probability `p`. */
  chance: (p: number) => boolean;
  /** Normal with mean 0 and standard deviation 1. */
  normal: () => number;
  /** Exponential with the given mean. */
  exponential: (mean: number) => number;
  pick: <T>(items: readonly T[]) => T;
  /** One item, with a probability in proportion to its weight. */
  weighted: <T>(items: readonly T[], weightOf: (item: T) => number) => T;
  /** A new array in random order (Fisher-Yates). */
  shuffle: <T>(items: readonly T[]) => T[];
};

/** A generator seeded by `seed`; `stream` names an independent sequence, so that one more draw here moves nothing there. */
export function createRandom(seed: number, stream = ''): Random {
  let state = hash32(`${seed}/${stream}`);
  // mulberry32 (Tommy Ettinger, public domain): 32 bits of state, passes gjrand, plenty for a demo.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const at = <T>(items: readonly T[], index: number): T => {
    if (items.length === 0) throw new RangeError('cannot pick from nothing');
    return items[Math.min(index, items.length - 1)] as T;
  };
  const random: Random = {
    next,
    between: (low, high) => low + (high - low) * next(),
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (p) => next() < p,
    // Box-Muller; 1 - u keeps the logarithm away from zero.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    pick: (items) => at(items, Math.floor(next() * items.length)),
    weighted: (items, weightOf) => {
      let left = next() * items.reduce((sum, item) => sum + weightOf(item), 0);
      for (const item of items) {
        left -= weightOf(item);
        if (left < 0) return item;
      }
      return at(items, items.length - 1);
    },
    shuffle: (items) => {
      const result = [...items];
      for (let index = result.length - 1; index > 0; index -= 1) {
        const other = Math.floor(next() * (index + 1));
        [result[index], result[other]] = [
          result[other] as (typeof result)[number],
          result[index] as (typeof result)[number],
        ];
      }
      return result;
    },
  };
  return random;
}

/** 32-bit FNV-1a over UTF-16 code units (RFC 9923 gives it over bytes; here it only has to spread seeds). */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
