import { coverShape } from './cover.ts';
import { blockWords, ENTRY_WORDS, LEVELS } from './format.ts';
import { blockKey, hashOf } from './grid.ts';
import type { CellShape } from './shape.ts';

export type Table = {
  count: number;
  shift: number;
  isWide: boolean;
  slots: Uint32Array;
  blocks: Uint32Array;
  entries: Uint32Array;
};
const CELLS = 64;

/** The hash table of blocks of each level. */
export function tablesOf(shapes: readonly CellShape[]): Table[] {
  const levels = Array.from({ length: LEVELS }, createTuples);
  shapes.forEach((shape, number) => {
    coverShape(shape, (level, blockRow, blockCol, cell, mask) => {
      levels[level]?.add(blockKey(blockRow, blockCol), cell, number, mask);
    });
  });
  return levels.map(tableOf);
}

type Tuples = ReturnType<typeof createTuples>;

/** Four columns that grow together: objects would take ten times as much, a million places have twenty million cells. */
function createTuples() {
  let size = 1024;
  let [keys, numbers, masks] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)];
  let cells = new Uint8Array(size);
  let count = 0;
  return {
    add: (key: number, cell: number, number: number, mask: number): void => {
      if (count === size) {
        size *= 2;
        [keys, numbers, masks] = [grown(keys, size), grown(numbers, size), grown(masks, size)];
        const larger = new Uint8Array(size);
        larger.set(cells);
        cells = larger;
      }
      keys[count] = key;
      cells[count] = cell;
      numbers[count] = number;
      masks[count] = mask;
      count += 1;
    },
    columns: () => ({ keys, cells, numbers, masks, count }),
  };
}

function grown(array: Uint32Array<ArrayBuffer>, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size);
  larger.set(array);
  return larger;
}

function tableOf(tuples: Tuples): Table {
  const { keys, cells, numbers, masks, count } = tuples.columns();
  const { slots, shift, blocks: blockCount, blockOf } = numberBlocks(keys, count);
  // How many entries each cell has, then where it begins.
  const begins = new Uint32Array(blockCount * CELLS + 1);
  for (let i = 0; i < count; i += 1) {
    const at = (blockOf[i] as number) * CELLS + (cells[i] as number) + 1;
    begins[at] = (begins[at] as number) + 1;
  }
  for (let i = 1; i < begins.length; i += 1) begins[i] = (begins[i] as number) + (begins[i - 1] as number);
  const { blocks, isWide } = encodeBlocks(begins, blockCount);
  const entries = new Uint32Array(count * ENTRY_WORDS);
  for (let i = 0; i < count; i += 1) {
    const cell = (blockOf[i] as number) * CELLS + (cells[i] as number);
    const at = begins[cell] as number;
    begins[cell] = at + 1;
    entries[at * ENTRY_WORDS] = numbers[i] as number;
    entries[at * ENTRY_WORDS + 1] = masks[i] as number;
  }
  return { count, shift, isWide, slots, blocks, entries };
}

/** Blocks are numbered as they first come, and so along the curve on which the shapes lie. */
function numberBlocks(keys: Uint32Array, count: number) {
  const blockOf = new Uint32Array(count);
  let capacity = 16;
  let slots = new Uint32Array(capacity * 2);
  let blocks = 0;
  const place = (key: number, block: number): number => {
    const mask = capacity - 1;
    let slot = hashOf(key, shiftOf(capacity)) & mask;
    while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== key) slot = (slot + 1) & mask;
    if (slots[2 * slot + 1] === 0) {
      slots[2 * slot] = key;
      slots[2 * slot + 1] = block + 1;
    }
    return (slots[2 * slot + 1] as number) - 1;
  };
  for (let i = 0; i < count; i += 1) {
    const block = place(keys[i] as number, blocks);
    blockOf[i] = block;
    if (block < blocks) continue;
    blocks += 1;
    if (blocks * 2 <= capacity) continue;
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * 2);
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot + 1] !== 0) place(old[slot] as number, (old[slot + 1] as number) - 1);
    }
  }
  return { slots, shift: shiftOf(capacity), blocks, blockOf };
}

const shiftOf = (capacity: number): number => 32 - Math.log2(capacity);

function encodeBlocks(begins: Uint32Array, count: number): { blocks: Uint32Array; isWide: boolean } {
  let isWide = false;
  for (let block = 0; block < count; block += 1) {
    isWide ||= (begins[(block + 1) * CELLS] as number) - (begins[block * CELLS] as number) > 0xffff;
  }
  const words = blockWords(isWide);
  const blocks = new Uint32Array(count * words);
  const halves = new Uint16Array(blocks.buffer);
  for (let block = 0; block < count; block += 1) {
    const first = begins[block * CELLS] as number;
    blocks[block * words] = first;
    for (let cell = 0; cell <= CELLS; cell += 1) {
      const begin = (begins[block * CELLS + cell] as number) - first;
      if (isWide) blocks[block * words + 1 + cell] = begin;
      else halves[(block * words + 1) * 2 + cell] = begin;
    }
  }
  return { blocks, isWide };
}
