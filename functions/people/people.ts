import { type Identifier, type Person, type PersonInput, PersonInputSchema } from '#core/model/person.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { getPerson, listPeople, type StoredPerson } from '#store/people.ts';
import { ErasedError } from '#store/tombstones.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { timeErrors, validate } from '../shared/validate.ts';
import { askToConfirm, type ConfirmationSender } from './confirmation.ts';
import { HandleTakenError, putProfile } from './put-profile.ts';

/** A person is one DynamoDB item of at most 400 kB, read for every signal of theirs: it should be small. */
const MAX_PERSON_BYTES = 32 * 1024;

/**
 * `PUT /v1/people/{personId}`: replaces identifiers and attributes, adds consents.
 * @param send where a mail can be sent that asks to confirm one
 */
export async function put(request: HttpRequest, send?: ConfirmationSender): Promise<HttpResponse> {
  const brand = brandOf(request);
  const personId = request.path.personId ?? '';
  const { db, now, secret } = request.runtime;
  const { input, identifiers, consents } = readPerson(request.body, now());
  const admission = { linkSecret: await secret('linkSecret'), now: now() };
  try {
    const before = await getPerson(db, brand, personId);
    await putProfile(request.runtime, { brand, personId, input: { ...input, identifiers, consents }, admission });
    const after = await existing(request);
    if (send) await askToConfirm(request.runtime, send, { brand, before, after, said: consents });
    return { status: 200, body: view(after) };
  } catch (error) {
    if (error instanceof ErasedError) throw erasedProblem(error, input);
    if (!(error instanceof HandleTakenError)) throw error;
    const index = indexOf(input, error.identifier);
    throw new Problem('identifier-taken', 'an identifier belongs to another person', [
      { pointer: `/identifiers/${index}`, detail: 'belongs to another person' },
    ]);
  }
}

/** Somebody as a client says they are, checked and in the one spelling that is kept. @throws Problem */
export function readPerson(body: unknown, now: number) {
  const input = validate(PersonInputSchema, body);
  const bytes = Buffer.byteLength(JSON.stringify(input.attributes));
  if (bytes > MAX_PERSON_BYTES) {
    throw new Problem('too-large', 'a person may have 32 kB of attributes', [
      { pointer: '/attributes', detail: `has ${bytes} bytes` },
    ]);
  }
  const identifiers = normalised(input);
  refuseUnkeepable(input, now);
  const consents = input.consents.map((consent) => ({ ...consent, at: new Date(consent.at).toISOString() }));
  return { input, identifiers, consents };
}

/** Which of the identifiers, as they were spelled, is this one. */
function indexOf({ identifiers }: PersonInput, wanted: Identifier | undefined): number {
  return identifiers.findIndex(({ kind, value }) => {
    const own = normaliseIdentifier({ kind, value });
    return own?.kind === wanted?.kind && own?.value === wanted?.value;
  });
}

function erasedProblem({ subject }: ErasedError, input: PersonInput): Problem {
  const pointer = 'personId' in subject ? '/personId' : `/identifiers/${indexOf(input, subject)}`;
  return new Problem('erased', 'only a consent that they have given since lets somebody who was erased come back', [
    { pointer, detail: 'was erased' },
  ]);
}

export async function getOne(request: HttpRequest): Promise<HttpResponse> {
  return { status: 200, body: view(await existing(request)) };
}

export function list(request: HttpRequest): Promise<HttpResponse> {
  return pageResponse(
    listPeople(request.runtime.db, brandOf(request), pageRequest(request)),
    ({ personId, identifiers, attributes }) => [{ personId, identifiers, attributes }],
  );
}

/** Ids of all profiles of a person. */
export const profilesOf = ({ personId, profiles }: Person): readonly string[] => profiles ?? [personId];

/** The person a path names. @throws Problem 404, also for another brand's */
export async function existing(request: HttpRequest): Promise<StoredPerson> {
  const stored = await getPerson(request.runtime.db, brandOf(request), request.path.personId ?? '');
  if (!stored) throw new Problem('not-found', 'there is no such person');
  return stored;
}

function normalised({ identifiers }: PersonInput): Identifier[] {
  const errors: FieldError[] = [];
  const distinct = new Map<string, Identifier>();
  for (const [index, identifier] of identifiers.entries()) {
    const spelling = normaliseIdentifier(identifier);
    if (spelling) distinct.set(`${spelling.kind}/${spelling.value}`, spelling);
    else errors.push({ pointer: `/identifiers/${index}/value`, detail: describe(identifier.kind) });
  }
  if (errors.length > 0) throw new Problem('invalid-input', 'an identifier is not valid', errors);
  return [...distinct.values()];
}

/** Numbers outside what DynamoDB and JavaScript both hold, and consents from the future, which no withdrawal could end. */
function refuseUnkeepable({ attributes, consents }: PersonInput, now: number): void {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if ([value].flat().every(isKeepable)) continue;
    errors.push({ pointer: `/attributes/${name}`, detail: 'must be within ±9007199254740991, and not within ±1e-100' });
  }
  for (const [index, { at }] of consents.entries()) errors.push(...timeErrors(at, `/consents/${index}/at`, now));
  if (errors.length > 0) throw new Problem('invalid-input', 'the person is not valid', errors.slice(0, 50));
}

const isKeepable = (value: unknown): boolean =>
  typeof value !== 'number' || value === 0 || (Math.abs(value) <= Number.MAX_SAFE_INTEGER && Math.abs(value) >= 1e-100);

function describe(kind: Identifier['kind']): string {
  if (kind === 'phone') return 'must be a phone number in international form, such as +8613800138000';
  return kind === 'email' ? 'must be an email address' : 'must be printable text';
}

function view({ person, standing }: StoredPerson) {
  // DynamoDB maps have no order of their own; a list should.
  const ledger = Object.entries(standing.consents).sort(([left], [right]) => (left < right ? -1 : 1));
  const consents = ledger.map(([key, { granted, at }]) => {
    const [purpose, channel, programme] = key.split('/');
    const scope = { purpose, channel, ...(programme !== undefined && { programme }) };
    return { ...scope, granted, at: new Date(at).toISOString() };
  });
  const { personId, profiles, identifiers, attributes } = person;
  return { personId, ...(profiles && { profiles }), identifiers, attributes, consents };
}
