import type { ReportRow, ScreenReport } from '../screens/report.ts';

/** What is signed: who says what about which screen and days (UTC, both included), as of when, and by which key. */
export type Statement = {
  statement: 'beckon.screen.v1';
  owner: { kind: 'brand' | 'venue'; id: string };
  screenId: string;
  /** Absent: of every brand. */
  brand?: string;
  from: string;
  to: string;
  asOf: string;
  /** First 16 hex digits of SHA-256 of the public key (SPKI, DER). */
  key: string;
} & Pick<ScreenReport, 'rows' | 'unknown' | 'gaps'>;

/** One line of JSON with its keys in order (RFC 8785, of which our numbers and texts need no more). */
export const statementJson = (statement: Statement): string => `${JSON.stringify(inKeyOrder(statement))}\n`;

const COLUMNS = ['brand', 'creativeId', 'plays', 'secondsOnAir', 'taps', 'tapsPerThousandPlays', 'offers'] as const;

/** A head and a line for each creative (RFC 4180); ids hold nothing that would have to be quoted. Null is empty. */
export function statementCsv(statement: Statement): string {
  const { owner, screenId, from, to, asOf, key, gaps, rows, unknown } = statement;
  const about = [owner.kind, owner.id, screenId, from, to, asOf, key];
  const missing = gaps.reduce((sum, { playsMissing }) => sum + playsMissing, 0);
  const nobodyKnows = { ...unknown, creativeId: '', plays: 0, secondsOnAir: 0, tapsPerThousandPlays: null };
  const head = ['ownerKind', 'ownerId', 'screenId', 'from', 'to', 'asOf', 'key', ...COLUMNS, 'redemptions'];
  const lineOf = (row: ReportRow) => [...about, ...COLUMNS.map((name) => row[name] ?? ''), row.redemptions ?? ''];
  const lines = [...rows, ...(unknown.taps + unknown.offers > 0 ? [nobodyKnows] : [])].map((row) =>
    [...lineOf(row), missing].join(','),
  );
  return `${[[...head, 'playsMissingOfAllBrands'].join(','), ...lines].join('\n')}\n`;
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inKeyOrder(inner)]));
}
