import type { SignalView } from '../shared/api.ts';

/** An enter and the exit that followed it; `from` or `until` is missing where the other half was not seen. */
export type Visit = { key: string; placeId: string; from?: string; until?: string; taps: number };

/** Pairs enter and exit signals by place; signals in any order in, visits newest first out. */
export function visitsOf(signals: readonly SignalView[]): Visit[] {
  const visits: Visit[] = [];
  const open = new Map<string, Visit>();
  for (const { signalId, kind, placeId, at } of [...signals].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    if (placeId === undefined) continue;
    const current = open.get(placeId);
    if (kind === 'geofence.enter') {
      const visit: Visit = { key: signalId, placeId, from: at, taps: 0 };
      open.set(placeId, visit);
      visits.push(visit);
    } else if (kind === 'geofence.exit') {
      if (current) current.until = at;
      else visits.push({ key: signalId, placeId, until: at, taps: 0 });
      open.delete(placeId);
    } else if (kind === 'nfc.tap' || kind === 'qr.scan') {
      if (current) current.taps += 1;
    }
  }
  return visits.reverse();
}
