/** Sets of small integers as 32-bit words: bit `i` is bit `i % 32` of word `i / 32`. */
export const WORD_BITS = 32;

export const wordsFor = (bits: number): number => Math.ceil(bits / WORD_BITS);

export function hasBit(words: Int32Array | Uint32Array, bit: number): boolean {
  return ((words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
}

export function setBit(words: Int32Array | Uint32Array, bit: number): void {
  const word = bit >>> 5;
  words[word] = (words[word] ?? 0) | (1 << (bit & 31));
}

/** The bits that are set, ascending. */
export function bitsOf(words: Int32Array | Uint32Array): number[] {
  const bits: number[] = [];
  for (let word = 0; word < words.length; word += 1) {
    // Taking away the lowest set bit until none is left (Kernighan).
    for (let rest = words[word] ?? 0; rest !== 0; rest &= rest - 1) bits.push(word * WORD_BITS + lowestBit(rest));
  }
  return bits;
}

/** The number of the lowest bit that is set in a word that has one. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
