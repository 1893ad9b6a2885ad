import { parseArgs } from 'node:util';

export type Options = {
  /** How many seeds, from `from` on. */
  seeds: number;
  from: number;
  /** Instead of a number of seeds: as many as fit. */
  seconds: number | undefined;
  /** One seed alone, in full where `trace` asks for it. */
  seed: number | undefined;
  trace: boolean;
  plant: string | undefined;
};

const DEFAULT_SEEDS = 100;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'boolean' },
      plant: { type: 'string' },
    },
  });
  const whole = (name: 'seeds' | 'from' | 'seconds' | 'seed'): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} wants a whole number, not ${text}`);
    return Number(text);
  };
  return {
    seeds: whole('seeds') ?? DEFAULT_SEEDS,
    from: whole('from') ?? 1,
    seconds: whole('seconds'),
    seed: whole('seed'),
    trace: values.trace ?? false,
    plant: values.plant,
  };
}
