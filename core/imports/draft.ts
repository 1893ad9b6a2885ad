import type { PersonInput } from '../model/person.ts';
import type { Reject } from './row.ts';

/** A line of a file as somebody, in the shape of `PUT /v1/people/{personId}` and not checked against it yet. */
export type Draft = { line: number; personId: unknown; person: unknown };
/** Of each line, who it is about, or why it is about nobody. */
export type Read = Draft | Reject;

export const isReject = <T extends object>(read: T | Reject): read is Reject => 'reason' in read;

export type Consents = PersonInput['consents'];
/** On whose word people of a file are said to have agreed, and by when. `at` is an ISO-8601 instant. */
export type Vouch = { source: string; at: string };

/** Text without what a spreadsheet needs in front of digits: Shopify writes phones and post codes as `'+86…`. */
export const plain = (cell: string | undefined): string => (cell ?? '').trim().replace(/^'(?=[+\d])/, '');

/** An instant as ISO-8601 in UTC: of one with a zone (`2021-03-27 13:01:19 -0400` as well), or a date, from 00:00 UTC. */
export function instantOf(text: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d))?$/.exec(
    text.trim(),
  );
  if (!parts) return undefined;
  const [, day, time = '00:00', zone = 'Z'] = parts;
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(-2)}` : 'Z';
  const ms = Date.parse(`${day}T${time}${offset}`);
  // `Date.parse` takes the 31st of February for the 3rd of March.
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(ms) || Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(`${day}`))
    return undefined;
  return new Date(ms).toISOString();
}
