import type { CellIndex, Near } from './index.ts';
import { byDistance, nearestBy } from './nearest.ts';

/**
 * A base as if it had been rebuilt with a few changes: `changed` is an index of the places that are new or otherwise than
 * in the base, `removed` has the ids of those that are gone. Numbers are those of the base, then those of `changed`
 * from `base.size` on. Nothing is copied: it costs a look into `changed` with each question, and one for each place
 * found. Whoever owns the base rebuilds it in the background when the changes have become many.
 * Overlays nest: a tile, the large places (nothing removed), what changed since.
 */
export function overlay(base: CellIndex, changed: CellIndex, removed: Iterable<string>): CellIndex {
  const hidden = new Set<number>();
  const hide = (placeId: string): void => {
    const number = base.numberOf(placeId);
    if (number !== undefined) hidden.add(number);
  };
  for (const placeId of removed) hide(placeId);
  for (const placeId of changed.ids()) hide(placeId);
  const found = new Uint32Array(base.found.length + changed.found.length);
  const offset = base.span;
  const idOf = (number: number): string => (number < offset ? base.idOf(number) : changed.idOf(number - offset));
  const near = (lng: number, lat: number, withinM: number): Near[] => {
    const standing = base.near(lng, lat, withinM).filter(({ number }) => !hidden.has(number));
    const newer = changed.near(lng, lat, withinM);
    if (newer.length === 0) return standing;
    const moved = newer.map((place) => ({ ...place, number: place.number + offset }));
    return [...standing, ...moved].sort(byDistance(idOf));
  };
  return {
    size: base.size - hidden.size + changed.size,
    span: offset + changed.span,
    byteLength: base.byteLength + changed.byteLength,
    containing(lng, lat) {
      const standing = base.containing(lng, lat);
      const newer = changed.containing(lng, lat);
      let count = 0;
      for (let i = 0; i < standing; i += 1) {
        const number = base.found[i] as number; // below the count
        if (hidden.has(number)) continue;
        found[count] = number;
        count += 1;
      }
      for (let i = 0; i < newer; i += 1) found[count + i] = offset + (changed.found[i] as number);
      return count + newer;
    },
    found,
    near,
    nearest: nearestBy(near),
    idOf,
    numberOf(placeId) {
      const newer = changed.numberOf(placeId);
      if (newer !== undefined) return offset + newer;
      const number = base.numberOf(placeId);
      return number === undefined || hidden.has(number) ? undefined : number;
    },
    traitsOf: (number) => (number < offset ? base.traitsOf(number) : changed.traitsOf(number - offset)),
    *ids() {
      for (const placeId of base.ids()) if (!hidden.has(base.numberOf(placeId) as number)) yield placeId;
      yield* changed.ids();
    },
  };
}
