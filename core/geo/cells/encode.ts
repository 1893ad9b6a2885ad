import { hashOfId } from './ids.ts';

export function encodeTexts(texts: readonly string[]): { starts: Uint32Array; bytes: Uint8Array } {
  const encoded = texts.map((text) => Buffer.from(text));
  const starts = new Uint32Array(texts.length + 1);
  encoded.forEach(({ length }, index) => {
    starts[index + 1] = (starts[index] as number) + length;
  });
  return { starts, bytes: Buffer.concat(encoded) };
}

/** Open addressing, at most half full: number + 1, or 0. */
export function encodeIdSlots(ids: readonly string[]): { shift: number; slots: Uint32Array } {
  const bits = Math.max(1, Math.ceil(Math.log2(ids.length * 2 + 1)));
  const shift = 32 - bits;
  const slots = new Uint32Array(2 ** bits);
  ids.forEach((id, number) => {
    let slot = hashOfId(id, shift);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  });
  return { shift, slots };
}

/** The traits that there are, each once, and which of them each place has. */
export function internTraits(places: readonly { traits?: string }[]): { texts: string[]; traitOf: Uint32Array } {
  const numbers = new Map<string, number>();
  const traitOf = Uint32Array.from(places, ({ traits = '' }) => {
    const number = numbers.get(traits) ?? numbers.size;
    numbers.set(traits, number);
    return number;
  });
  return { texts: [...numbers.keys()], traitOf };
}
