import type { Objects } from '#functions/shared/objects.ts';

/** A bucket in memory that counts what it is asked. */
export function openBucket() {
  const files = new Map<string, Uint8Array>();
  const counts = { get: 0, put: 0, removed: 0 };
  const objects: Objects = {
    async get(key) {
      counts.get += 1;
      const bytes = files.get(key);
      return bytes && new Uint8Array(bytes).buffer;
    },
    async put(key, bytes) {
      counts.put += 1;
      files.set(key, new Uint8Array(bytes));
    },
    async remove(keys) {
      for (const key of keys) if (files.delete(key)) counts.removed += 1;
    },
  };
  return { objects, files, counts };
}
