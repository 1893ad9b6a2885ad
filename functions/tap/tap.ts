import { createHmac } from 'node:crypto';
import { recordTap } from '#store/effects.ts';
import { admitStranger, takeTap } from '#store/taps.ts';
import { brandOfCandidate } from '../engage/on-air-of.ts';
import { objects } from '../shared/gpc.ts';
import type { HttpRequest, HttpResponse, HttpStep } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { forgetCookie, isSecure, readVisitor, visitorCookie } from '../shared/visitor.ts';
import { type Answered, answering, formOf, localeOf, respond, seeOther, wantsJson } from './answer.ts';
import { type Arrival, arrive, type Tap, type TapKind } from './arrive.ts';
import { brandName } from './names.ts';
import { type Opened, openTap, reopenTap } from './open.ts';
import { react } from './react.ts';
import { signalIdOf, type Visit, visit } from './visit.ts';
import { agree, hasAgreed, type Known, type Proof, proofOf, whoIs } from './who.ts';

/** `GET /t/{tagId}` and `/q/{tagId}`: what a tap or scan comes to, at once. */
export const showTap = (kind: TapKind): HttpStep => answering((request) => shown(request, kind));
/** `POST` to the same: the button that somebody pressed on that page, or that an app pressed for them. */
export const claimTap: HttpStep = answering(claimed);

async function shown(request: HttpRequest, kind: TapKind): Promise<HttpResponse> {
  const { query } = request;
  const proof = await proofOf(request);
  const opened = query.tap === undefined ? await openTap(request, kind) : await reopenTap(request, query.tap);
  const cookies = [...opened.cookies];
  // A link that somebody is sent makes nobody of them who was somebody already.
  if (proof.handover && !(await isRemembered(request, proof.handover.brand))) {
    cookies.push(await rememberedAs(request, proof.handover));
  }
  try {
    return await cameTo(request, proof, { ...opened, cookies });
  } catch (error) {
    if (!opened.isNew || error instanceof Problem) throw error;
    // The chip's counter has risen: this browser keeps the tap, whatever went wrong, and asks again with it.
    return seeOther(request, opened.tap.tapId, cookies);
  }
}

async function cameTo(request: HttpRequest, proof: Proof, opened: Opened): Promise<HttpResponse> {
  const { runtime } = request;
  const arrival = await arrive(runtime, opened.tap);
  // Global Privacy Control: of whoever has not asked for anything nothing is recorded but that they object.
  const mayRecord = !objects(request);
  // A code that never changes is read by whoever makes previews of links: it counts when somebody claims.
  if (opened.isNew && mayRecord && arrival.proof === 'signed') await note(request, arrival);
  const visits: Visit[] = [];
  let known: Known | undefined;
  for (const brand of arrival.brands) {
    known = await whoIs(request, proof, brand);
    if (known && mayRecord && (await hasAgreed(runtime, brand, known))) await take(request, arrival, brand, known);
    const made = await visit(runtime, arrival, brand, { known, mayRecord });
    visits.push(made);
    // One offer for a tap: whoever was likeliest on air goes first, and the others are not told.
    if (made.state !== 'nothing') break;
  }
  const isOffered = visits.some(({ state }) => state === 'coupon');
  if (opened.isNew && isOffered && arrival.proof === 'static') await note(request, arrival);
  return await answered(request, { arrival, visits, known, cookies: opened.cookies });
}

async function claimed(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  const { do: action, brand = '', tapId = '' } = formOf(request);
  const proof = await proofOf(request);
  const opened = await reopenTap(request, tapId);
  const arrival = await arrive(runtime, opened.tap);
  if (!arrival.brands.includes(brand)) {
    const errors = [{ pointer: '/brand', detail: 'is not one that this tap is for' }];
    throw new Problem('unprocessable', 'nothing of this brand was here', errors);
  }
  if (action === 'forget') {
    // What was agreed to stands in the record; by this phone nobody is found any more.
    return seeOther(request, tapId, [forgetCookie(brand, { secure: isSecure(request.headers) })]);
  }
  const app = proof.app?.brand === brand ? proof.app.subject : undefined;
  const before = await whoIs(request, proof, brand);
  if (!before && !app) await admit(request, opened.tap);
  const spoken = { locale: localeOf(request), brandName: brandName(brand) };
  const known = await agree(request, { brand, tapId, known: before, app, spoken });
  await take(request, arrival, brand, known);
  await note(request, arrival);
  const made = await visit(runtime, arrival, brand, { known, mayRecord: true });
  const visitor = { brand, personId: known.person.personId };
  const cookies = app ? opened.cookies : [...opened.cookies, await rememberedAs(request, visitor)];
  const result = { arrival, visits: [made], known, cookies };
  if (wantsJson(request)) return await answered(request, result);
  await react(runtime, arrival, made);
  // The page that follows may be reloaded without asking anybody whether to press the button again.
  return seeOther(request, tapId, cookies);
}

/** People before a screen who scan one code within its two minutes, and whom nobody knows yet. */
const MAX_STRANGERS = 25;

/** @throws Problem 429 when more strangers than stand before a screen claim with one code of its */
async function admit({ runtime }: HttpRequest, { slot, owner, tagId }: Tap): Promise<void> {
  if (slot === undefined || tagId === undefined) return;
  const code = { tagId, slot, most: MAX_STRANGERS, now: runtime.now() };
  if (await admitStranger(runtime.db, owner, code)) return;
  throw new Problem('too-many-attempts', 'many have used this code just now: scan the one that the screen shows next');
}

/** @throws Problem 409 for a tap that was signed, and is another person's already */
async function take({ runtime }: HttpRequest, arrival: Arrival, brand: string, { person }: Known): Promise<void> {
  // What is the same for everybody is nobody's.
  if (arrival.proof !== 'signed') return;
  // The row is the tag's owner's, and says by nobody's guess whose it is.
  const taker = createHmac('sha256', await runtime.secret('linkSecret')).update(`taker/${brand}/${person.personId}`);
  const isTheirs = await takeTap(runtime.db, arrival.owner, arrival, { brand, personId: taker.digest('base64url') });
  if (!isTheirs) throw new Problem('tap-used', 'this tap is somebody else’s: tap again');
}

async function answered(request: HttpRequest, result: Answered): Promise<HttpResponse> {
  const last = result.visits.at(-1);
  if (last) await react(request.runtime, result.arrival, last);
  return await respond(request, result);
}

/** The tap in the screen's report: once, without the person, credited to what was likeliest on air. */
async function note({ runtime }: HttpRequest, { screen, onAir, tapId, at }: Arrival): Promise<void> {
  if (!screen) return;
  const likeliest = onAir?.candidates[0];
  const brand = likeliest && brandOfCandidate(likeliest, screen.owner);
  const credit = likeliest && { creativeId: likeliest.creativeId, brand };
  await recordTap(runtime.db, screen.owner, screen.screenId, {
    ...credit,
    signalId: signalIdOf(tapId, brand ?? ''),
    at,
  });
}

async function isRemembered({ runtime, cookies }: HttpRequest, brand: string): Promise<boolean> {
  return readVisitor(await runtime.secret('linkSecret'), brand, { cookies, now: runtime.now() }) !== undefined;
}

async function rememberedAs(
  { runtime, headers }: HttpRequest,
  visitor: { brand: string; personId: string },
): Promise<string> {
  const { now, secret } = runtime;
  return visitorCookie(await secret('linkSecret'), visitor, { now: now(), secure: isSecure(headers) });
}
