import type { Locale } from '#core/model/campaign.ts';
import type { Candidate } from '#core/screens/on-air.ts';
import { brandOfCandidate } from '../engage/on-air-of.ts';
import type { HttpRequest, HttpResponse, HttpStep } from '../shared/http.ts';
import { Problem, type ProblemKind } from '../shared/problem.ts';
import { parseJson } from '../shared/validate.ts';
import { type Arrival, namesOnAir, whereOf } from './arrive.ts';
import { brandName } from './names.ts';
import { type Content, consentText, type Form, pageResponse } from './page.ts';
import { type Shown, show } from './view.ts';
import { trustOf, type Visit } from './visit.ts';
import type { Known } from './who.ts';
import { WORDS } from './words.ts';

/** All that came of a tap, to be told. */
export type Answered = { arrival: Arrival; visits: readonly Visit[]; known: Known | undefined; cookies: string[] };

/** Two languages, so the first tag decides: no weighing of preferences. What somebody chose on the page goes first. */
export function localeOf({ query, headers }: Pick<HttpRequest, 'query' | 'headers'>): Locale {
  const wanted = query.lang ?? headers['accept-language'] ?? '';
  return wanted.trim().toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** Apps ask for JSON; whatever names HTML, or nothing at all, is a person with a browser. */
export const wantsJson = ({ headers }: Pick<HttpRequest, 'headers'>): boolean => {
  const accept = headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
};

/** A form's fields, or those of a JSON object of strings. */
export function formOf({ headers, bytes, text }: HttpRequest): Record<string, string> {
  if (!headers['content-type']?.includes('json')) return Object.fromEntries(new URLSearchParams(text));
  const body = parseJson(bytes);
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string'));
}

/** To the page of a tap that is open on this phone, in the language of this one. */
export function seeOther(request: HttpRequest, tapId: string, cookies: string[]): HttpResponse {
  return { status: 303, headers: { location: pagePath(request, tapId, request.query.lang) }, cookies };
}

/** Relative: whatever stands before us may have put the API under a path of its own. */
function pagePath({ path }: HttpRequest, tapId: string, lang: string | undefined): string {
  return `${path.tagId ?? ''}?${new URLSearchParams({ tap: tapId, ...(lang !== undefined && { lang }) })}`;
}

export async function respond(request: HttpRequest, answered: Answered): Promise<HttpResponse> {
  const { arrival, visits, known, cookies } = answered;
  const locale = localeOf(request);
  const { tapId } = arrival;
  const form = (brand: string): Form => ({
    action: pagePath(request, tapId, request.query.lang)
      .replace(/\?tap=[^&]*&?/, '?')
      .replace(/\?$/, ''),
    fields: { tapId, brand },
  });
  const shown = await show(request.runtime, visits, { locale, place: arrival.place, form });
  if (wantsJson(request)) return { status: 200, body: documentOf(answered, shown, locale), cookies };
  const brand = visits.at(-1)?.brand;
  const isRemembered = known !== undefined && request.headers.authorization === undefined;
  return pageResponse(
    {
      locale,
      otherLanguage: pagePath(request, tapId, locale === 'en' ? 'zh-CN' : 'en'),
      brand: brand && brandName(brand),
      where: whereOf(arrival, locale),
      onAir: await namesOnAir(request.runtime, arrival, locale),
      content: shown.content,
      forget: isRemembered && brand ? { ...form(brand), fields: { tapId, brand, do: 'forget' } } : undefined,
    },
    200,
    cookies,
  );
}

/** The same for an app. */
function documentOf(answered: Answered, { content, coupon, reasons }: Shown, locale: Locale) {
  const { arrival, visits, known } = answered;
  const { tapId, tagId, screen, placeId, onAir } = arrival;
  const last = visits.at(-1);
  // Whoever is there sees what is on; a code that can be read from anywhere does not tell rivals when each is on air.
  const told = (candidate: Candidate) => {
    const brand = screen && brandOfCandidate(candidate, screen.owner);
    const isOffering = last !== undefined && last.state !== 'nothing' && last.brand === brand;
    const isTold = arrival.proof === 'signed' || isOffering;
    return isTold ? { creativeId: candidate.creativeId, brand } : { creativeId: 'other' };
  };
  return {
    tapId,
    tag: tagId,
    ...(screen && { screenId: screen.screenId }),
    ...(placeId !== undefined && { placeId }),
    trust: trustOf(arrival, known),
    onAir: {
      candidates: (onAir?.candidates ?? []).map((candidate) => ({
        ...told(candidate),
        share: candidate.share,
      })),
      unknownShare: onAir?.unknownShare ?? 1,
    },
    state: content.state,
    ...(coupon && { coupon }),
    ...(reasons.length > 0 && { reasons }),
    ...(content.state === 'ask' && last && { ask: askOf(content, last.brand, locale) }),
  };
}

/** What a person has to be told, in these words, before an app claims for them: `POST` the same path with these fields. */
function askOf({ offer, form }: Extract<Content, { state: 'ask' }>, brand: string, locale: Locale) {
  return {
    brand,
    offer: offer.summary,
    consent: { purpose: 'marketing', channel: 'inbox', text: consentText(WORDS[locale], brandName(brand)) },
    claim: form.fields,
  };
}

/** What went wrong as a page for browsers, which say that they read HTML; whatever else asks gets the problem document. */
export const answering =
  (step: HttpStep): HttpStep =>
  async (request) => {
    try {
      return await step(request);
    } catch (error) {
      if (!(error instanceof Problem) || !request.headers.accept?.includes('text/html')) throw error;
      const locale = localeOf(request);
      const content: Content = { state: 'refused', ...refusalWords(error.kind, locale) };
      const lang = locale === 'en' ? 'zh-CN' : 'en';
      const otherLanguage = `?${new URLSearchParams({ ...request.query, lang })}`;
      const view = { locale, otherLanguage, where: [], onAir: undefined, content };
      return pageResponse(view, error.status);
    }
  };

function refusalWords(kind: ProblemKind, locale: Locale): { heading: string; why: string } {
  const words = WORDS[locale];
  if (kind === 'not-found') return { heading: words.unknown, why: words.unknownHow };
  if (kind === 'tap-used') return { heading: words.used, why: words.usedHow };
  if (kind === 'unavailable' || kind === 'internal') return { heading: words.busy, why: words.busyHow };
  return { heading: words.refused, why: words.refusedHow };
}
