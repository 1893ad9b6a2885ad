import type { Consent } from '#core/model/person.ts';
import type { ConsentScope } from '#core/people/consent.ts';
import { getPerson, hasConsentFrom, withdraw } from '#store/people.ts';
import type { HttpRequest } from './http.ts';
import type { Runtime } from './runtime.ts';

/** How the record says that a browser has objected, and by what. */
export const OBJECTION = { source: 'sec-gpc', proof: 'Sec-GPC: 1' } as const;
/** To be told of to others, and to be sorted by what is known. */
const OBJECTED: readonly ConsentScope[] = [
  { purpose: 'sharing', channel: 'any' },
  { purpose: 'personalisation', channel: 'any' },
];

/** Whether a browser says Global Privacy Control (https://w3c.github.io/gpc/), by which its user objects. */
export const objects = ({ headers }: Pick<HttpRequest, 'headers'>): boolean => headers['sec-gpc'] === '1';

/** The objection of somebody new, as it goes into the record with all else that they say at `at`. */
export const objectionsAt = (at: string): Consent[] =>
  OBJECTED.map((scope) => ({ ...scope, ...OBJECTION, granted: false, at }));

/**
 * Records, once for a person, that their browser objects: not again where the ledger says so already, and not where they
 * have objected before and since then said, in words, that they agree.
 * @returns whether it is new
 */
export async function objectOnce({ db, now }: Runtime, brand: string, personId: string): Promise<boolean> {
  const stored = await getPerson(db, brand, personId);
  if (!stored) return false;
  const { person, standing } = stored;
  if (OBJECTED.every(({ purpose, channel }) => standing.consents[`${purpose}/${channel}`]?.granted === false))
    return false;
  if (await hasConsentFrom(db, brand, person.profiles ?? [personId], OBJECTION.source)) return false;
  return await withdraw(db, brand, personId, { scopes: OBJECTED, now: now(), ...OBJECTION });
}
