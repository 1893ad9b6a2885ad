import { isUtf8 } from 'node:buffer';
import * as z from 'zod/mini';
import { CsvMappingSchema, MissingColumnError, peopleFromCsv } from '#core/imports/csv-people.ts';
import { type Draft, isReject, type Read, type Vouch } from '#core/imports/draft.ts';
import { type MergeMode, merge } from '#core/imports/merge.ts';
import { peopleFromNdjson } from '#core/imports/ndjson.ts';
import { isCountry } from '#core/imports/phone.ts';
import { PinpointMappingSchema, peopleFromPinpoint } from '#core/imports/pinpoint.ts';
import type { Reject } from '#core/imports/row.ts';
import { peopleFromShopify, peopleFromSquare } from '#core/imports/shop-customers.ts';
import { IdSchema, InstantSchema } from '#core/model/common.ts';
import type { Consent, PersonInput } from '#core/model/person.ts';
import { hasWithdrawn } from '#core/people/consent.ts';
import { type Arrival, importPeople as bringIn, type Outcome } from '#store/people-import.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { timeErrors, validate } from '../shared/validate.ts';
import { readPerson } from './people.ts';

/** Of one person in one request: all their lines are one write. Pinpoint lets a user have 15 endpoints. */
const MAX_LINES_OF_ONE = 50;
/** More lines than this are not written within the time that a request may take, on a table that has only begun to grow. */
const MAX_LINES = 10_000;

/** As many as a person may bring in one PUT. */
const MAX_CONSENTS = 50;
const TOO_MANY_OF_ONE = 'is one line too many about one person in one request: send it in another';

const FORMATS = ['ndjson', 'csv', 'pinpoint', 'shopify-customers', 'square-customers'] as const;
const QuerySchema = z.strictObject({
  format: z._default(z.enum(FORMATS), 'ndjson'),
  mapping: z.optional(z.string().check(z.maxLength(16_384))),
  country: z.optional(z.string().check(z.refine(isCountry, 'must be a country, such as CN'))),
  consent: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  consentAt: z.optional(InstantSchema),
});
type Query = z.infer<typeof QuerySchema>;

/**
 * `POST /v1/people/import`: a file of people, or a part of one. Each line is taken or refused by itself, and whoever is
 * as the file says already costs nothing: the same part again changes nothing.
 */
export async function importPeople(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const { db, now, secret } = request.runtime;
  const query = validate(QuerySchema, request.query);
  const admission = { linkSecret: await secret('linkSecret'), now: now() };
  const { reads, mode, vouchedAt } = readsOf(query, request.text, admission.now);
  const intake = openIntake({ mode, vouchedAt, now: admission.now, isText: isUtf8(request.bytes) });
  for (const read of withinLimit(reads)) intake.take(read);
  const outcomes = await bringIn(db, brand, admission, intake.arrivals());
  return { status: 200, body: intake.result(outcomes) };
}

/** `vouchedAt`: times at which nobody agreed, but a list was made of who had. */
type Reading = { reads: Iterable<Read>; mode: MergeMode; vouchedAt: ReadonlySet<string> };

/** What the lines of the body say, and how each adds to what is known. */
function readsOf(query: Query, text: string, now: number): Reading {
  const { format } = query;
  const country = query.country !== undefined && isCountry(query.country) ? query.country : undefined;
  const vouch = vouchOf(query, now);
  const vouchedAt = new Set(vouch && [vouch.at]);
  const mapping = parameterJson(query.mapping);
  if (mapping !== undefined && format !== 'csv' && format !== 'pinpoint')
    throw invalid('mapping', 'is for csv and pinpoint');
  if (vouch && (format === 'csv' || format === 'ndjson'))
    throw invalid('consent', 'is said line by line in this format');
  switch (format) {
    case 'ndjson':
      return { reads: peopleFromNdjson(text), mode: 'replace', vouchedAt };
    case 'csv': {
      const columns = validate(CsvMappingSchema, mapping, '/mapping');
      const times = columns.consents.flatMap(({ at }) =>
        InstantSchema.safeParse(at).success ? new Date(at).toISOString() : [],
      );
      return { reads: peopleFromCsv(text, columns, country), mode: 'patch', vouchedAt: new Set(times) };
    }
    case 'pinpoint': {
      const options = { mapping: validate(PinpointMappingSchema, mapping ?? {}, '/mapping'), vouch };
      return { reads: peopleFromPinpoint(text, options), mode: 'gather', vouchedAt };
    }
    case 'shopify-customers':
      return { reads: peopleFromShopify(text, { vouch, country }), mode: 'patch', vouchedAt };
    case 'square-customers':
      return { reads: peopleFromSquare(text, { vouch, country }), mode: 'patch', vouchedAt };
  }
}

/** On whose word people agreed, and by when: one without the other proves nothing. */
function vouchOf({ consent, consentAt }: Query, now: number): Vouch | undefined {
  if (consent === undefined && consentAt === undefined) return undefined;
  if (consent === undefined) throw invalid('consent', 'is missing: where they agreed');
  if (consentAt === undefined) throw invalid('consentAt', 'is missing: when they had agreed');
  const [error] = timeErrors(consentAt, '/consentAt', now);
  if (error) throw new Problem('invalid-input', 'the import is not valid', [error]);
  return { source: consent, at: new Date(consentAt).toISOString() };
}

function parameterJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('mapping', 'is not JSON');
  }
}

const invalid = (parameter: string, detail: string) =>
  new Problem('invalid-input', 'the import is not valid; nothing was imported', [{ pointer: `/${parameter}`, detail }]);

function* withinLimit(reads: Iterable<Read>): Generator<Read> {
  let count = 0;
  try {
    for (const read of reads) {
      count += 1;
      if (count > MAX_LINES) {
        throw new Problem('too-large', `a request may have ${MAX_LINES} lines; send them in parts`, [
          { pointer: '', detail: `has more than ${MAX_LINES} lines` },
        ]);
      }
      yield read;
    }
  } catch (error) {
    if (!(error instanceof MissingColumnError)) throw error;
    throw new Problem('invalid-input', 'the mapping names a column that the file does not have; nothing was imported', [
      { pointer: '/mapping', detail: error.message },
    ]);
  }
}

type Line = { line: number; person: PersonInput };

/** Sorts lines into people, each with all their lines in order, and keeps why the others are refused. */
function openIntake({ mode, vouchedAt, now, isText }: Omit<Reading, 'reads'> & { now: number; isText: boolean }) {
  const lines = new Map<string, Line[]>();
  const refused: Reject[] = [];
  /** Lines that would make somebody more than a person may be; found when it is known who they are. */
  const late = new Map<string, Reject[]>();

  const take = (read: Read): void => {
    const checked = isReject(read) ? read : checkDraft(read, { now, isText });
    if (isReject(checked)) refused.push(checked);
    else {
      const own = lines.get(checked.personId) ?? [];
      lines.set(checked.personId, own);
      if (own.length < MAX_LINES_OF_ONE) own.push(checked);
      else refused.push({ line: checked.line, personId: checked.personId, reason: TOO_MANY_OF_ONE });
    }
  };

  const arrivals = (): Arrival[] =>
    [...lines].map(([personId, own]) => ({
      personId,
      change: (before) => {
        const rejects: Reject[] = [];
        const consents: PersonInput['consents'] = [];
        let after: PersonInput | undefined;
        for (const { line, person } of own) {
          const next = checkPerson(merge(after ?? before?.person, person, mode), now);
          if (consents.length + person.consents.length > MAX_CONSENTS) {
            rejects.push({ line, personId, reason: TOO_MANY_OF_ONE });
          } else if ('reason' in next) rejects.push({ line, personId, ...next });
          else {
            after = next;
            const isRefused = (consent: Consent) =>
              consent.granted && vouchedAt.has(consent.at) && hasWithdrawn(before?.standing.consents ?? {}, consent);
            consents.push(...person.consents.filter((consent) => !isRefused(consent)));
          }
        }
        late.set(personId, rejects);
        return after && { ...after, consents };
      },
    }));

  const result = (outcomes: ReadonlyMap<string, Outcome>) => {
    let [imported, unchanged] = [0, 0];
    const rejected = [...refused, ...[...late.values()].flat()];
    for (const [personId, own] of lines) {
      const outcome = outcomes.get(personId);
      const spared = new Set(late.get(personId)?.map(({ line }) => line));
      const told = own.filter(({ line }) => !spared.has(line));
      if (outcome === 'imported') imported += told.length;
      else if (outcome === 'unchanged') unchanged += told.length;
      else if (outcome)
        rejected.push(...told.map(({ line, person }) => ({ line, personId, ...refusal(outcome, person) })));
    }
    rejected.sort((left, right) => left.line - right.line);
    return { imported, unchanged, rejected };
  };
  return { take, arrivals, result };
}

/** A line as a person who can be kept, with the id they are known by. */
function checkDraft(
  { line, personId, person }: Draft,
  { now, isText }: { now: number; isText: boolean },
): (Line & { personId: string }) | Reject {
  const id = IdSchema.safeParse(personId);
  if (!id.success) {
    return { line, reason: 'personId must be 1 to 64 characters of A-Z a-z 0-9 . _ -', pointer: '/personId' };
  }
  if (!isText && JSON.stringify(person)?.includes('\uFFFD')) return { line, personId: id.data, reason: 'is not UTF-8' };
  const checked = checkPerson(person, now);
  return 'reason' in checked ? { line, personId: id.data, ...checked } : { line, personId: id.data, person: checked };
}

function checkPerson(body: unknown, now: number): PersonInput | { reason: string; pointer: string } {
  try {
    const { input, identifiers, consents } = readPerson(body, now);
    return { attributes: input.attributes, identifiers, consents };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.errors;
    return { reason: first?.detail ?? error.message, pointer: first?.pointer ?? '' };
  }
}

/** Why somebody who is as they should be was not taken in. */
function refusal(
  outcome: Exclude<Outcome, 'imported' | 'unchanged'>,
  { identifiers }: PersonInput,
): { reason: string; pointer: string } {
  const pointerTo = (wanted: { kind: string; value: string }) => {
    const index = identifiers.findIndex(({ kind, value }) => kind === wanted.kind && value === wanted.value);
    return index < 0 ? '/identifiers' : `/identifiers/${index}`;
  };
  if ('taken' in outcome) return { reason: 'identifier belongs to another person', pointer: pointerTo(outcome.taken) };
  const { erased } = outcome;
  return { reason: 'erased', pointer: 'personId' in erased ? '/personId' : pointerTo(erased) };
}
