import { HEAD } from './format.ts';
import type { Views } from './views.ts';

/** Names of places by number and back, and their traits. */
export function createIds({ words, bytes, places }: Views) {
  const head = (at: number): number => words[at] as number;
  const [idsAt, idBytesAt, idSlotsAt, idShift] = [
    head(HEAD.idsAt),
    head(HEAD.idBytesAt) * 4,
    head(HEAD.idSlotsAt),
    head(HEAD.idShift),
  ];
  const [traitOfAt, traitsAt, traitBytesAt] = [head(HEAD.traitOfAt), head(HEAD.traitsAt), head(HEAD.traitBytesAt) * 4];
  const mask = 2 ** (32 - idShift) - 1;
  const traits: (string | undefined)[] = [];
  const text = (startsAt: number, bytesAt: number, number: number): string =>
    bytes.toString('utf8', bytesAt + head(startsAt + number), bytesAt + head(startsAt + number + 1));
  const idOf = (number: number): string => {
    if (!(number < places)) throw new RangeError(`no place ${number} in an index of ${places}`);
    return text(idsAt, idBytesAt, number);
  };
  return {
    idOf,
    numberOf: (placeId: string): number | undefined => {
      for (let slot = hashOfId(placeId, idShift); ; slot = (slot + 1) & mask) {
        const number = head(idSlotsAt + slot) - 1;
        if (number < 0) return undefined;
        if (idOf(number) === placeId) return number;
      }
    },
    traitsOf: (number: number): string => {
      const trait = head(traitOfAt + number);
      traits[trait] ??= text(traitsAt, traitBytesAt, trait);
      return traits[trait];
    },
  };
}

/** FNV-1a (Fowler, Noll and Vo) over code units, its upper bits mixed as in `hashOf`. */
export function hashOfId(id: string, shift: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return Math.imul(hash, 0x9e3779b1) >>> shift;
}
