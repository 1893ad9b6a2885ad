import type { Table } from './table.ts';

/** The tables of one database, and its clock. */
export type Tables = {
  /** Throws a ResourceNotFoundException for a table that is not there. */
  get: (name: string | undefined) => Table;
  /** Milliseconds since 1970; may only go forward. */
  now: () => number;
};

/** `asOf`: a read that is not strongly consistent sees the tables as they were then (ms). */
export type ReadOptions = { asOf?: number | undefined };
