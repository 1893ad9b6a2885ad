/** One thing that happened: when (virtual), to whom, what, how it went, and the ids that it concerns. */
export type HistoryLine = { time: number; who: string; what: string; outcome: string; about: string };

export type History = {
  record: (who: string, what: string, outcome: string, about?: string) => void;
  /** The same for the same seed, or the simulation is not deterministic. */
  hash: () => string;
  readonly lines: readonly HistoryLine[];
};

/** Every event is hashed; lines are kept only for a trace, which the same seed makes again whenever somebody wants one. */
export function createHistory(now: () => number, keepLines: boolean): History {
  const lines: HistoryLine[] = [];
  let high = 0x811c9dc5;
  let low = 0x01000193;
  const mix = (text: string): void => {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ (code + (high >>> 13)), 0x85ebca6b);
    }
  };
  return {
    record(who, what, outcome, about = '') {
      const time = now();
      high = Math.imul(high ^ time, 0x01000193);
      mix(who);
      mix(what);
      mix(outcome);
      if (keepLines) lines.push({ time, who, what, outcome, about });
    },
    hash: () => (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0'),
    lines,
  };
}

/** `+00:00:12.345  engage-4  TransactWrite  ok  C:abc` */
export function formatLine({ time, who, what, outcome, about }: HistoryLine, start: number): string {
  const elapsed = time - start;
  const hours = Math.floor(elapsed / 3_600_000);
  const clock = `${String(hours).padStart(2, '0')}:${new Date(elapsed % 3_600_000).toISOString().slice(14, 23)}`;
  return `+${clock}  ${who.padEnd(18)} ${what.padEnd(22)} ${outcome}${about ? `  ${about}` : ''}`;
}
