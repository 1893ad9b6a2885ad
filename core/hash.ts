import { createHash } from 'node:crypto';

/**
 * A deterministic id for what follows from `parts`: 22 characters of base64url (132 bits of SHA-256).
 * Retries derive the same id from the same cause, so a second delivery finds the first one's work.
 */
export function digestId(...parts: string[]): string {
  const hash = createHash('sha256');
  // The length prefix keeps ['ab', 'c'] and ['a', 'bc'] apart.
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('base64url').slice(0, 22);
}

/**
 * A stable number in [0, 1) for an experiment: 32-bit FNV-1a, then MurmurHash3's finaliser, because FNV alone leaves
 * neighbouring ids in neighbouring buckets. Sources: RFC 9923 (FNV), github.com/aappleby/smhasher (fmix32).
 */
export function unitInterval(seed: string, key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${seed}/${key}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
