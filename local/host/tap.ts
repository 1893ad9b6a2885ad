import { masterKey, tagKeys } from '#core/tags/keys.ts';
import { writeSun } from '#core/tags/sun.ts';
import { RING } from '../demo-screens.ts';

const EPOCH = Date.parse('2026-01-01T00:00:00Z');
const MAX_COUNTER = 0xffffff;

/**
 * What the chip beside the demo's screen would write, read at `now`: the path that a phone would open. Its counter is
 * the seconds of the year, so that it rises whoever asks.
 */
export function ringPath(secret: string, now: number): string {
  const uid = Buffer.from(RING.tag.uid ?? '', 'hex');
  const counter = Math.floor((now - EPOCH) / 1000) % MAX_COUNTER;
  return `/t/${RING.tagId}?${writeSun(tagKeys(masterKey(secret), uid), { uid, counter })}`;
}
