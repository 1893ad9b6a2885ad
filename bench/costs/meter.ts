import type { QueueName } from '#functions/routes.ts';
import { everyFunction } from '#functions/routes.ts';
import { median } from '../median.ts';
import { PRICES, type PriceName } from '../prices.ts';

/** What a Lambda of so many MB has of a processor; one of 1,769 MB has a whole one (docs.aws.amazon.com, "Configure memory"). */
const MB_OF_A_CPU = 1769;
/** A line of the access log, with what CloudWatch adds to each. */
const ACCESS_LOG_BYTES = 260;

type Invocation = { wallMs: number; cpuMs: number };

/** Counts what is billed, by the name of its price, and times what runs. */
export function createMeter() {
  const units = new Map<PriceName, number>();
  const invocations = new Map<string, Invocation[]>();
  const count = (name: PriceName, more: number): void => {
    units.set(name, (units.get(name) ?? 0) + more);
  };
  const queueOf = (queue: QueueName): PriceName => (isFifo(queue) ? 'sqsFifo' : 'sqsFair');
  return {
    count,
    apiRequest: (): void => {
      count('apiRequest', 1);
      count('logsGb', ACCESS_LOG_BYTES / 1e9);
    },
    /** One call of ten messages at most: each 64 KB of it is a request. */
    queueCall: (queue: QueueName, bytes: number): void => count(queueOf(queue), Math.max(1, Math.ceil(bytes / 65_536))),
    async invoke(name: string, run: () => Promise<unknown>): Promise<void> {
      const cpu = process.cpuUsage();
      const start = performance.now();
      await run();
      const { user, system } = process.cpuUsage(cpu);
      const made = invocations.get(name) ?? [];
      made.push({ wallMs: performance.now() - start, cpuMs: (user + system) / 1000 });
      invocations.set(name, made);
    },
    reset: (): void => {
      units.clear();
      invocations.clear();
    },
    /** What everything since `reset` costs, by price; and how long each function ran. */
    bill() {
      const functions = [...invocations].map(([name, made]) => ({
        name,
        invocations: made.length,
        ...billed(name, made),
      }));
      for (const { invocations: made, gbSeconds } of functions) {
        count('lambdaRequest', made);
        count('lambdaGbSecond', gbSeconds);
      }
      const lines = [...units].map(([name, amount]) => ({ name, units: amount, usd: amount * PRICES[name].usd }));
      return { lines, functions };
    },
  };
}
export type Meter = ReturnType<typeof createMeter>;

const isFifo = (queue: QueueName): boolean =>
  everyFunction.some(({ queue: trigger }) => trigger?.queue === queue && trigger.fifo);

/**
 * The median, so that a busy machine does not count, and every invocation by it. Of a processor's time a Lambda has only
 * a share: what is computed takes longer there, what is waited for does not.
 */
function billed(name: string, made: readonly Invocation[]): { billedMs: number; memoryMb: number; gbSeconds: number } {
  const memoryMb = everyFunction.find((spec) => spec.name === name)?.memoryMb ?? 0;
  const cpuMs = median(made.map((one) => one.cpuMs));
  const slower = Math.max(0, MB_OF_A_CPU / memoryMb - 1) * cpuMs;
  const billedMs = Math.ceil(median(made.map(({ wallMs }) => wallMs)) + slower);
  return { billedMs, memoryMb, gbSeconds: (made.length * billedMs * memoryMb) / 1024 / 1000 };
}
