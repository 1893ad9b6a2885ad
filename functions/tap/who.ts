import { createHash, createHmac } from 'node:crypto';
import { digestId } from '#core/hash.ts';
import type { Locale } from '#core/model/campaign.ts';
import type { Consent, Identifier } from '#core/model/person.ts';
import { IDENTIFIER_KINDS } from '#core/model/person.ts';
import { hasConsent } from '#core/people/consent.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { demandsOn } from '#core/people/jurisdictions.ts';
import { changePerson, findPersonId, getPerson, type StoredPerson } from '#store/people.ts';
import { authenticate } from '../shared/auth.ts';
import { objectionsAt, objectOnce, objects } from '../shared/gpc.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import type { Runtime } from '../shared/runtime.ts';
import { acceptHandover, readVisitor, type Visitor } from '../shared/visitor.ts';
import { consentText } from './page.ts';
import { WORDS } from './words.ts';

/** The text that people agree to; a new wording has a new number. */
const CONSENT_TEXT = 'tap-page:v1';

/** What a request brings to show who it comes from. Each speaks for one brand's person, and none is asked for. */
export type Proof = {
  /** The brand's own software says so, with its token. */
  app?: { brand: string; subject: Identifier } | undefined;
  handover?: Visitor | undefined;
};

/** @throws Problem 401 or 403 for a token that is no good; without one, a subject is nobody's word and not looked at */
export async function proofOf(request: HttpRequest): Promise<Proof> {
  const { headers, query, runtime } = request;
  const handover = query.handover === undefined ? undefined : await acceptHandover(runtime, query.handover);
  if (headers.authorization === undefined) return { handover };
  const caller = await authenticate(headers.authorization, { roles: ['app', 'associate', 'marketer'] });
  if (caller?.tenant.kind !== 'brand') throw new Problem('forbidden', 'a brand’s token speaks for its people');
  return { handover, app: { brand: caller.tenant.id, subject: subjectOf(query.subject) } };
}

function subjectOf(text = ''): Identifier {
  const [, kindText, value = ''] = /^(\w+):(.{1,256})$/.exec(text) ?? [];
  const kind = IDENTIFIER_KINDS.find((candidate) => candidate === kindText);
  const subject = kind && normaliseIdentifier({ kind, value });
  if (subject) return subject;
  throw new Problem('invalid-input', 'a token needs the person it speaks for', [
    { pointer: '/subject', detail: 'must be a kind and a value, such as device:phone-1' },
  ]);
}

/**
 * Somebody whom the brand knows, with a handle by which a signal can name them. `isProven`: they were known before they
 * pressed a button here.
 */
export type Known = StoredPerson & { subject: Identifier; isProven: boolean };

/** Whom the request shows to be who, to this brand; undefined for a stranger. */
export async function whoIs(request: HttpRequest, proof: Proof, brand: string): Promise<Known | undefined> {
  const { runtime, cookies } = request;
  const { db, now } = runtime;
  if (proof.app?.brand === brand) {
    const { subject } = proof.app;
    const personId = await findPersonId(db, brand, subject);
    const stored = personId === undefined ? undefined : await getPerson(db, brand, personId);
    return stored && { ...(await heeded(request, brand, stored)), subject, isProven: true };
  }
  const personId =
    proof.handover?.brand === brand
      ? proof.handover.personId
      : readVisitor(await runtime.secret('linkSecret'), brand, { cookies, now: now() });
  const found = personId === undefined ? undefined : await getPerson(db, brand, personId);
  const stored = found && (await heeded(request, brand, found));
  const subject = stored?.person.identifiers[0];
  return stored && subject && { ...stored, subject, isProven: true };
}

/** Somebody whose browser may say Global Privacy Control, as they are when that is recorded. */
async function heeded(request: HttpRequest, brand: string, stored: StoredPerson): Promise<StoredPerson> {
  const { personId } = stored.person;
  if (!objects(request) || !(await objectOnce(request.runtime, brand, personId))) return stored;
  return (await getPerson(request.runtime.db, brand, personId)) ?? stored;
}

/** Whether somebody has agreed to see this brand's offers on a page that they open, and may: a minor's yes is a guardian's. */
export async function hasAgreed(runtime: Runtime, brand: string, { person, standing }: StoredPerson): Promise<boolean> {
  const { snapshot } = await runtime.catalogue.read(brand, () => ({}));
  const demands = demandsOn('marketing', { person, brand: snapshot.meta.rules, now: runtime.now() });
  return hasConsent(standing.consents, 'marketing', 'inbox', demands);
}

/** Whether they have said so: then there is nothing to record. */
const hasSaidYes = ({ standing }: StoredPerson): boolean => hasConsent(standing.consents, 'marketing', 'inbox');

/**
 * Somebody has pressed the button: records what they agreed to, with the digest of the sentence that they read. A
 * stranger becomes a person of the brand under a number that is drawn, by our secret, from the tap: pressed twice, or by
 * two requests at once, it is one person.
 */
export async function agree(request: HttpRequest, { brand, tapId, known, app, spoken }: Agreement): Promise<Known> {
  const { db, now, secret } = request.runtime;
  const linkSecret = await secret('linkSecret');
  const digits = createHmac('sha256', linkSecret).update(`stranger/${brand}/${tapId}`).digest('base64url');
  const subject = known?.subject ?? app ?? { kind: 'device', value: `page-${digits.slice(0, 24)}` };
  const personId = known?.person.personId ?? `p-${digestId('person', brand, subject.kind, subject.value)}`;
  if (known && hasSaidYes(known)) return known;
  const isProven = known !== undefined || app !== undefined;
  const yes = agreedTo(spoken, now());
  // Of somebody new the browser's objection is recorded with what they agree to; of whoever was known it is already.
  const objections = objects(request) ? objectionsAt(yes.at) : [];
  const stored = await changePerson(
    db,
    brand,
    personId,
    (before) =>
      before && hasSaidYes(before)
        ? undefined
        : {
            identifiers: before?.person.identifiers ?? [subject],
            attributes: before?.person.attributes ?? {},
            consents: before ? [yes] : [yes, ...objections],
          },
    { linkSecret, now: now() },
  ).catch(async (error: Error) => {
    // Others press the same button at the same moment, or make the same person known: then it is done.
    const owner = await findPersonId(db, brand, subject);
    const theirs = owner === undefined ? undefined : await getPerson(db, brand, owner);
    if (theirs && hasSaidYes(theirs)) return theirs;
    throw error;
  });
  if (!stored) throw new Error('somebody who agreed is not there');
  return { ...stored, subject, isProven };
}

type Agreement = {
  brand: string;
  tapId: string;
  known: Known | undefined;
  /** Whom the brand's software speaks for, where the brand does not know them yet. */
  app: Identifier | undefined;
  spoken: { locale: Locale; brandName: string };
};

function agreedTo({ locale, brandName }: Agreement['spoken'], now: number): Consent {
  const digest = createHash('sha256').update(consentText(WORDS[locale], brandName)).digest('base64url');
  return {
    purpose: 'marketing',
    channel: 'inbox',
    granted: true,
    at: new Date(now).toISOString(),
    source: `${CONSENT_TEXT}:${locale} sha256:${digest}`,
  };
}
