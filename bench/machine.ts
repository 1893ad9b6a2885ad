import { cpus, totalmem } from 'node:os';

/** The machine that a figure was measured on, in one line. */
export function machine(): string {
  const cores = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown'}, ${memoryGb} GB, Node ${process.versions.node}`;
}
