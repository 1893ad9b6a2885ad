import type { SignalKind } from '../model/signal.ts';

/** Who is not seen for so long has left, and comes again when they are seen again. */
export const VISIT_GAP_MS = 30 * 60_000;
/** What happened at a place before then is nobody's visit now. */
const FORGET_MS = 24 * 3_600_000;

/** By place and kind: what was last told of somebody there, and when they were last seen. Epoch ms. */
export type Visits = Readonly<Record<string, { toldAt: number; kind: SignalKind; seenAt: number }>>;

/**
 * What one more sighting of somebody means. Controllers say every minute or two that a phone is still there: that is one
 * arrival, and after each half hour one word that they have stayed. `tell` is also set where the very sighting that was
 * told comes again, because whoever sent it may not know that it was heard.
 */
export function visitAfter(
  visits: Visits,
  { key, kind, at }: { key: string; kind: SignalKind; at: number },
): { visits: Visits; tell?: { kind: SignalKind; at: number } } {
  const last = visits[key];
  const kept = Object.fromEntries(Object.entries(visits).filter(([, { seenAt }]) => seenAt > at - FORGET_MS));
  if (!last || at - last.seenAt > VISIT_GAP_MS) {
    return { visits: { ...kept, [key]: { toldAt: at, kind, seenAt: at } }, tell: { kind, at } };
  }
  if (at === last.toldAt) return { visits, tell: { kind: last.kind, at } };
  if (at <= last.seenAt) return { visits };
  if (at - last.toldAt < VISIT_GAP_MS) return { visits: { ...kept, [key]: { ...last, seenAt: at } } };
  const stayed = kind === 'wifi.join' ? 'wifi.seen' : kind;
  return { visits: { ...kept, [key]: { toldAt: at, kind: stayed, seenAt: at } }, tell: { kind: stayed, at } };
}
