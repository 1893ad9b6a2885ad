import { coverShape } from './cover.ts';
import { ENTRY_WORDS, LEVELS, MANY, NO_BLOCK, SLOT_WORDS } from './format.ts';
import { blockKey, hashOf } from './grid.ts';
import type { CellShape } from './shape.ts';
import { bitsOf, cellIn } from './views.ts';

type Table = {
  count: number;
  shift: number;
  /** Shapes in the cell that has the most. */
  most: number;
  slots: Uint32Array;
  entries: Uint32Array;
};
/** Of open addressing: at most half full, or what is not there is looked for too long. */
const MIN_SLOTS_PER_BLOCK = 2;

/** Gathers the cells of shapes, and makes of each level's its hash table of blocks. */
export function createTables() {
  const levels = Array.from({ length: LEVELS }, createTuples);
  return {
    add(shape: CellShape, number: number): void {
      coverShape(shape, (level, blockRow, blockCol, cell, mask) => {
        levels[level]?.add(blockKey(blockRow, blockCol), cell, number, mask);
      });
    },
    finish: (): Table[] => levels.map(tableOf),
  };
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
  const { slots, shift, slotOf } = slotsOf(keys, count);
  for (let i = 0; i < count; i += 1) {
    const half = SLOT_WORDS * (slotOf[i] as number) + 1 + ((cells[i] as number) >>> 5);
    slots[half] = (slots[half] as number) | (1 << ((cells[i] as number) & 31));
  }
  const cellCount = numberCells(slots);
  // How many shapes reach each cell.
  const reached = new Uint32Array(cellCount);
  const cellOf = slotOf;
  for (let i = 0; i < count; i += 1) {
    const cell = cellIn(slots, SLOT_WORDS * (slotOf[i] as number), cells[i] as number);
    cellOf[i] = cell;
    reached[cell] = (reached[cell] as number) + 1;
  }
  const most = reached.reduce((so, times) => Math.max(so, times), 0);
  return { count, shift, most, slots, entries: entriesOf(slots, reached, { cellOf, numbers, masks, count }) };
}

/** Cells are numbered as the slots of their blocks come, in each from the south-west. Answers how many there are. */
function numberCells(slots: Uint32Array): number {
  let cells = 0;
  for (let at = 0; at < slots.length; at += SLOT_WORDS) {
    slots[at + 3] = cells;
    cells += bitsOf(slots[at + 1] as number) + bitsOf(slots[at + 2] as number);
  }
  return cells;
}

type Columns = { cellOf: Uint32Array; numbers: Uint32Array; masks: Uint32Array; count: number };

/** Blocks one after the other, each with its cells and then the lists of those that several shapes reach. */
function entriesOf(slots: Uint32Array, reached: Uint32Array, columns: Columns): Uint32Array {
  const { cellOf, numbers, masks, count } = columns;
  // Where the entries of a cell begin: itself where it has one.
  const begins = new Uint32Array(reached.length);
  const entries = new Uint32Array(
    (count + reached.reduce((lists, times) => lists + Number(times > 1), 0)) * ENTRY_WORDS,
  );
  let next = 0;
  for (let at = 0; at < slots.length; at += SLOT_WORDS) {
    const first = slots[at + 3] as number;
    const base = next;
    const size = bitsOf(slots[at + 1] as number) + bitsOf(slots[at + 2] as number);
    slots[at + 3] = base;
    next += size;
    for (let cell = 0; cell < size; cell += 1) {
      const times = reached[first + cell] as number;
      begins[first + cell] = times === 1 ? base + cell : next;
      if (times === 1) continue;
      entries[(base + cell) * ENTRY_WORDS] = next;
      entries[(base + cell) * ENTRY_WORDS + 1] = times * 4 + MANY;
      next += times;
    }
  }
  for (let i = 0; i < count; i += 1) {
    const cell = cellOf[i] as number;
    const at = begins[cell] as number;
    begins[cell] = at + 1;
    entries[at * ENTRY_WORDS] = numbers[i] as number;
    entries[at * ENTRY_WORDS + 1] = masks[i] as number;
  }
  return entries;
}

/** The hash table of the keys, and the slot of each tuple. */
function slotsOf(keys: Uint32Array, count: number) {
  const blocks = new Set<number>();
  let last = -1;
  for (let i = 0; i < count; i += 1) {
    if (keys[i] === last) continue;
    last = keys[i] as number;
    blocks.add(last);
  }
  const bits = Math.max(1, Math.ceil(Math.log2(blocks.size * MIN_SLOTS_PER_BLOCK)));
  const shift = 32 - bits;
  const slots = new Uint32Array(2 ** bits * SLOT_WORDS);
  const mask = 2 ** bits - 1;
  for (let at = 0; at < slots.length; at += SLOT_WORDS) slots[at] = NO_BLOCK;
  const slotOf = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) {
    if (i > 0 && keys[i] === keys[i - 1]) {
      slotOf[i] = slotOf[i - 1] as number;
      continue;
    }
    let slot = hashOf(keys[i] as number, shift);
    while (slots[slot * SLOT_WORDS] !== 0xffff_ffff && slots[slot * SLOT_WORDS] !== keys[i]) slot = (slot + 1) & mask;
    slots[slot * SLOT_WORDS] = keys[i] as number;
    slotOf[i] = slot;
  }
  return { slots, shift, slotOf };
}
