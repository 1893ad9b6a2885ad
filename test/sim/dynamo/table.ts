import { Stream } from './streams.ts';
import { compareText, equalItems, type Item } from './values.ts';

/** An item as it is stored: canonical, never changed, with its size. */
export type Image = { readonly item: Item; readonly bytes: number };
/** What a row held until a moment (of the `now` of its writes, ms). */
type Version = { until: number; image: Image | undefined };
type Row = { sk: string; image: Image | undefined; earlier: Version[] | undefined };
/** The rows of one `pk` in the UTF-8 order of their `sk`; `index` finds them once they are many. */
type Partition = { rows: Row[]; index: Map<string, Row> | undefined };
type Grave = { pk: string; sk: string; until: number };

/** Units and calls of one operation on one table. */
export type Usage = { calls: number; read: number; write: number };
/** All units a table has used, and those of each operation by its name (`UpdateItem`). */
export type Consumed = { read: number; write: number; operations: Record<string, Usage> };

/** Up to here looking at each row is faster than an index, and most partitions hold a row or two. */
const MAX_UNINDEXED = 8;

/**
 * One table with the keys `pk` and `sk`, both strings. For `historyMs` after a change its rows remember what they were,
 * so that a read may be answered as of an earlier moment.
 */
export class Table {
  readonly name: string;
  readonly stream = new Stream();
  readonly consumed: Consumed = { read: 0, write: 0, operations: {} };
  private readonly historyMs: number;
  private readonly partitions = new Map<string, Partition>();
  private readonly graves: Grave[] = [];

  constructor(name: string, historyMs: number) {
    this.name = name;
    this.historyMs = historyMs;
  }

  get(pk: string, sk: string, asOf?: number): Image | undefined {
    const partition = this.partitions.get(pk);
    const row = partition && rowOf(partition, sk);
    return row && imageAsOf(row, asOf);
  }

  /** Puts an image in the place of what is there, or with `undefined` removes it; a real change goes to the stream. */
  write(key: { pk: string; sk: string }, image: Image | undefined, now: number, byTtl = false): void {
    const { pk, sk } = key;
    const partition = this.partitionOf(pk);
    const row = rowOf(partition, sk);
    const old = row?.image;
    if (this.graves.length > 0) this.clearGraves(now);
    if (!image && !old) return;
    if (!old || !image || !equalItems(old.item, image.item))
      this.stream.append({ at: now, old: old?.item, new: image?.item, byTtl });
    if (row) this.remember(row, now);
    if (image) {
      if (row) row.image = image;
      else
        insert(partition, { sk, image, earlier: this.historyMs > 0 ? [{ until: now, image: undefined }] : undefined });
    } else if (row) this.bury(partition, row, { pk, sk, until: now });
  }

  /** The images of a partition in order (or backwards), from the first whose sort key is not before the range. */
  *scan(
    pk: string,
    range: { isBefore: (sk: string) => boolean; isAfter: (sk: string) => boolean },
    options: { backwards: boolean; asOf: number | undefined },
  ): Generator<{ sk: string; image: Image }> {
    const partition = this.partitions.get(pk);
    if (!partition) return;
    const { rows } = partition;
    const from = firstIndex(rows, ({ sk }) => !range.isBefore(sk));
    const to = firstIndex(rows, ({ sk }) => range.isAfter(sk));
    for (let step = 0; step < to - from; step += 1) {
      const row = rows[options.backwards ? to - 1 - step : from + step] as Row;
      const image = imageAsOf(row, options.asOf);
      if (image) yield { sk: row.sk, image };
    }
  }

  /** Every item, partition by partition in the order of their first writes. */
  *items(): Generator<Image> {
    for (const { rows } of this.partitions.values()) for (const { image } of rows) if (image) yield image;
  }

  charge(operation: string, units: { read?: number; write?: number }, calls = 0): void {
    const { read = 0, write = 0 } = units;
    this.consumed.operations[operation] ??= { calls: 0, read: 0, write: 0 };
    const usage = this.consumed.operations[operation];
    usage.calls += calls;
    usage.read += read;
    usage.write += write;
    this.consumed.read += read;
    this.consumed.write += write;
  }

  private partitionOf(pk: string): Partition {
    let partition = this.partitions.get(pk);
    if (!partition) {
      partition = { rows: [], index: undefined };
      this.partitions.set(pk, partition);
    }
    return partition;
  }

  private remember(row: Row, now: number): void {
    if (this.historyMs === 0) return;
    row.earlier ??= [];
    const { earlier } = row;
    earlier.push({ until: now, image: row.image });
    while ((earlier[0]?.until ?? now) < now - this.historyMs) earlier.shift();
  }

  /** A row that is gone stays, empty, while somebody may ask for what it was. */
  private bury(partition: Partition, row: Row, grave: Grave): void {
    row.image = undefined;
    if (this.historyMs > 0) this.graves.push(grave);
    else remove(partition, row.sk);
  }

  private clearGraves(now: number): void {
    let grave = this.graves[0];
    while (grave && grave.until < now - this.historyMs) {
      this.graves.shift();
      const { pk, sk, until } = grave;
      const partition = this.partitions.get(pk);
      const row = partition && rowOf(partition, sk);
      // It may have been filled and emptied again since: then a later grave is its own.
      if (partition && row && !row.image && row.earlier?.at(-1)?.until === until) remove(partition, sk);
      grave = this.graves[0];
    }
  }
}

function imageAsOf({ image, earlier }: Row, asOf: number | undefined): Image | undefined {
  if (asOf === undefined) return image;
  for (const version of earlier ?? []) if (version.until > asOf) return version.image;
  return image;
}

function rowOf({ rows, index }: Partition, sk: string): Row | undefined {
  if (index) return index.get(sk);
  for (const row of rows) if (row.sk === sk) return row;
  return undefined;
}

function insert(partition: Partition, row: Row): void {
  const { rows } = partition;
  const last = rows.at(-1);
  if (!last || compareText(last.sk, row.sk) < 0) rows.push(row);
  else
    rows.splice(
      firstIndex(rows, ({ sk }) => compareText(sk, row.sk) > 0),
      0,
      row,
    );
  if (rows.length > MAX_UNINDEXED) partition.index ??= new Map(rows.map((one) => [one.sk, one]));
  partition.index?.set(row.sk, row);
}

function remove({ rows, index }: Partition, sk: string): void {
  index?.delete(sk);
  rows.splice(
    firstIndex(rows, (other) => compareText(other.sk, sk) >= 0),
    1,
  );
}

/** The first position of which `is` holds, where it holds for all that follow. */
function firstIndex(rows: readonly Row[], is: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (is(rows[middle] as Row)) high = middle;
    else low = middle + 1;
  }
  return low;
}
