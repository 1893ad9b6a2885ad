import { type Consent, type WithdrawalInput, WithdrawalInputSchema } from '#core/model/person.ts';
import { type ConsentScope, EVERYTHING } from '#core/people/consent.ts';
import { listConsentRows, withdraw } from '#store/people.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { validate } from '../shared/validate.ts';
import { existing, profilesOf } from './people.ts';

/** `GET …/consents`: every record of each of a person's profiles as it was given, newest first. @throws Problem 404 */
export async function listConsents(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  const { db } = request.runtime;
  return await pageResponse(listConsentRows(db, brandOf(request), profilesOf(person), pageRequest(request)), (row) => [
    view(row),
  ]);
}

/** `POST …/withdrawals`: ends it now, later than every grant. @throws Problem 404 */
export async function postWithdrawal(request: HttpRequest): Promise<HttpResponse> {
  const { scope, channel, programme, ...said } = validate(WithdrawalInputSchema, request.body);
  await existing(request);
  const { db, now } = request.runtime;
  const scopes = scopesOf({ scope, channel, programme });
  await withdraw(db, brandOf(request), request.path.personId ?? '', { scopes, now: now(), ...said });
  return { status: 204 };
}

function scopesOf({
  scope,
  channel,
  programme,
}: Pick<WithdrawalInput, 'scope' | 'channel' | 'programme'>): readonly ConsentScope[] {
  if (scope === 'all') return EVERYTHING;
  return [{ purpose: 'marketing', channel: channel ?? 'any', ...(programme !== undefined && { programme }) }];
}

const view = ({
  purpose,
  channel,
  granted,
  at,
  source,
  textVersion,
  language,
  proof,
  programme,
  guardian,
}: Consent): Consent => ({ purpose, channel, granted, at, source, textVersion, language, proof, programme, guardian });
