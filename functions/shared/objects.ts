import { ENV } from '../routes.ts';
import { once, requireEnv } from './environment.ts';

/** Files that are written once and never changed, by key. */
export type Objects = {
  /** Undefined: there is none. */
  get: (key: string) => Promise<ArrayBuffer | undefined>;
  put: (key: string, bytes: Uint8Array) => Promise<void>;
  /** Any number; those that are not there do not matter. */
  remove: (keys: readonly string[]) => Promise<void>;
};

/** The merchant's bucket. Its client is loaded with the first file: most brands have none, and every cold start would pay. */
export const processObjects = once((): Objects => {
  const open = once(async (): Promise<Objects> => {
    const { openObjects, s3Client } = await import('./s3-objects.ts');
    return openObjects(s3Client(), requireEnv(ENV.bucket));
  });
  return {
    get: async (key) => (await open()).get(key),
    put: async (key, bytes) => (await open()).put(key, bytes),
    remove: async (keys) => (await open()).remove(keys),
  };
});
