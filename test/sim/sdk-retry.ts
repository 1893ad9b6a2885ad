import type { Random } from '#local/random.ts';

/**
 * The AWS SDK's own retries, standard mode, as @smithy/core 3 does them (submodules/retry: StandardRetryStrategy,
 * service-error-classification, `Retry` of 2026), on the virtual clock. `store/client.ts` asks for six attempts.
 */
const MAX_ATTEMPTS = 6;
const BASE_MS = 50;
const THROTTLING_BASE_MS = 1000;
const MAX_DELAY_MS = 20_000;
const CAPACITY = 500;
const COST = 14;
const THROTTLING_COST = 5;

const THROTTLING_NAMES: readonly string[] = [
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
];
const NETWORK_CODES: readonly string[] = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'];
const TRANSIENT_STATUS: readonly number[] = [500, 502, 503, 504];

type SdkError = Error & { code?: string; $metadata?: { httpStatusCode?: number } };

function kindOf(error: SdkError): 'throttling' | 'transient' | undefined {
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status === 429 || THROTTLING_NAMES.includes(error.name)) return 'throttling';
  const transient =
    error.name === 'TimeoutError' || NETWORK_CODES.includes(error.code ?? '') || TRANSIENT_STATUS.includes(status);
  return transient ? 'transient' : undefined;
}

export type Retrier = <T>(attempt: () => Promise<T>) => Promise<T>;

/** One client's retries: it has a bucket of tokens, so that a broken service is not hammered. */
export function createRetrier(sleep: (ms: number) => Promise<void>, random: Random): Retrier {
  let capacity = CAPACITY;
  return async (attempt) => {
    let paid = 1;
    for (let tries = 1; ; tries += 1) {
      try {
        const result = await attempt();
        capacity = Math.min(CAPACITY, capacity + paid);
        return result;
      } catch (error) {
        const kind = kindOf(error as SdkError);
        const cost = kind === 'throttling' ? THROTTLING_COST : COST;
        if (!kind || tries >= MAX_ATTEMPTS || capacity < cost) throw error;
        capacity -= cost;
        paid = cost;
        const base = kind === 'throttling' ? THROTTLING_BASE_MS : BASE_MS;
        await sleep(Math.floor(random.next() * Math.min(base * 2 ** (tries - 1), MAX_DELAY_MS)));
      }
    }
  };
}
