/**
 * The real world's clock, chance and network must not be reached from inside a simulation: one forgotten `Date.now()`
 * and a seed no longer tells the same story twice. While simulated code runs, they throw.
 */
const real = {
  Date: globalThis.Date,
  random: Math.random,
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  fetch: globalThis.fetch,
  info: console.info,
  warn: console.warn,
  error: console.error,
};

class RealWorldError extends Error {
  override name = 'RealWorldError';
}

function forbid(what: string): () => never {
  return () => {
    const error = new RealWorldError(`simulated code reached for the real ${what}`);
    onReach?.(error);
    throw error;
  };
}

class SimulatedDate extends real.Date {
  constructor(...parts: [] | [number | string | Date]) {
    if (parts.length === 0) forbid('clock')();
    super(...(parts as [number]));
  }
  static override now = forbid('clock');
}

let onReach: ((error: RealWorldError) => void) | undefined;
let onLog: ((entry: unknown) => void) | undefined;

/** Who hears of what simulated code logs, and of its reaching out (which it may catch itself, and must not hide). */
export function watchSimulation(watch: { log: typeof onLog; reach: typeof onReach }): void {
  onLog = watch.log;
  onReach = watch.reach;
}

const logged = (entry: unknown): void => onLog?.(entry);

export function enterSimulation(): void {
  globalThis.Date = SimulatedDate as unknown as DateConstructor;
  Math.random = forbid('randomness');
  globalThis.setTimeout = forbid('timers') as unknown as typeof setTimeout;
  globalThis.setInterval = forbid('timers') as unknown as typeof setInterval;
  globalThis.fetch = forbid('network');
  console.info = logged;
  console.warn = logged;
  console.error = logged;
}

export function leaveSimulation(): void {
  globalThis.Date = real.Date;
  Math.random = real.random;
  globalThis.setTimeout = real.setTimeout;
  globalThis.setInterval = real.setInterval;
  globalThis.fetch = real.fetch;
  console.info = real.info;
  console.warn = real.warn;
  console.error = real.error;
}
