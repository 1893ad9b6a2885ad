import { describe, expect, it } from 'vitest';
import { checkRotating, rotatingCode, SLOT_MS, screenQrKey, slotAt } from '#core/tags/rotating.ts';

const LOBBY = { screenId: 'lobby', tagId: 'qr-1' };
const key = screenQrKey('a secret of a venue, long enough to be one', { kind: 'venue', id: 'tower' }, LOBBY);
const NOW = Date.parse('2026-11-22T10:00:10Z');
const slot = slotAt(NOW);
const code = rotatingCode(key, 'lobby', slot);

describe('the code that turns on a screen', () => {
  it.each([
    ['while it is shown', 0, 'fresh'],
    ['by a player whose clock is ahead', -SLOT_MS, 'fresh'],
    ['two slots later', 2 * SLOT_MS, 'fresh'],
    ['three slots later', 3 * SLOT_MS, 'stale'],
    ['two slots too early', -2 * SLOT_MS, 'stale'],
    ['eight days later', 8 * 86_400_000, 'stale'],
  ])('%s', (_, later, verdict) => {
    expect(checkRotating(key, 'lobby', { slot, code, now: NOW + later })).toBe(verdict);
  });

  it('is another one for each slot, screen and owner', () => {
    const other = screenQrKey('a secret of a venue, long enough to be one', { kind: 'brand', id: 'tower' }, LOBBY);
    const codes = [
      code,
      rotatingCode(key, 'lobby', slot + 1),
      rotatingCode(key, 'mall', slot),
      rotatingCode(other, 'lobby', slot),
    ];
    expect(new Set(codes).size).toBe(4);
    expect(checkRotating(key, 'lobby', { slot: slot + 1, code, now: NOW })).toBe('wrong');
  });

  it('is refused with any character changed, and at any other length', () => {
    for (let at = 0; at < code.length; at += 1) {
      const forged = code.slice(0, at) + (code[at] === 'A' ? 'B' : 'A') + code.slice(at + 1);
      expect(checkRotating(key, 'lobby', { slot, code: forged, now: NOW })).toBe('wrong');
    }
    for (const forged of ['', code.slice(1), `${code}A`, 'é'.repeat(14)]) {
      expect(checkRotating(key, 'lobby', { slot, code: forged, now: NOW })).toBe('wrong');
    }
  });
});
