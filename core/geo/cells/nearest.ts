import type { Near } from './near.ts';

const FIRST_REACH_M = 1000;
const REACH_GROWTH = 4;
/** Nothing on Earth is farther than that. */
const HALF_ROUND_M = 20_100_000;

type NearQuestion = (lng: number, lat: number, withinM: number) => Near[];

/** The `limit` nearest, by asking ever wider. */
export function nearestBy(near: NearQuestion): (lng: number, lat: number, limit: number) => Near[] {
  return (lng, lat, limit) => {
    for (let withinM = FIRST_REACH_M; ; withinM *= REACH_GROWTH) {
      const found = near(lng, lat, withinM);
      if (found.length >= limit || withinM > HALF_ROUND_M) return found.slice(0, limit);
    }
  };
}

/** Nearest first; ids are compared by code units, the same on every machine, whatever its locale. */
export function byDistance(idOf: (number: number) => string): (a: Near, b: Near) => number {
  return (a, b) => a.distanceM - b.distanceM || (idOf(a.number) < idOf(b.number) ? -1 : 1);
}
