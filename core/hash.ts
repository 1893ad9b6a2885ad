import { hash } from 'node:crypto';

/**
 * A deterministic id for what follows from `parts`: 22 characters of base64url (132 bits of SHA-256).
 * Retries derive the same id from the same cause, so a second delivery finds the first one's work.
 */
export function digestId(...parts: string[]): string {
  // The length prefix keeps ['ab', 'c'] and ['a', 'bc'] apart. In one call: each costs more than a short text's hash.
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/**
 * A stable number in [0, 1) for an experiment: 32-bit FNV-1a, then MurmurHash3's finaliser, because FNV alone leaves
 * neighbouring ids in neighbouring buckets. Sources: RFC 9923 (FNV), github.com/aappleby/smhasher (fmix32).
 */
export function unitInterval(seed: string, key: string): number {
  let bits = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${seed}/${key}`)) bits = Math.imul(bits ^ byte, 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
