import { digestId } from '#core/hash.ts';
import type { ConnectorKind, MerakiSecret, WechatSecret } from '#core/model/connector.ts';
import { placementOf } from '#core/model/connector.ts';
import type { Signal } from '#core/model/signal.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { hearCamara } from '#core/signals/from-camara.ts';
import { hearCiscoSpaces } from '#core/signals/from-cisco-spaces.ts';
import { hearLine } from '#core/signals/from-line-beacon.ts';
import { hearMeraki } from '#core/signals/from-meraki.ts';
import { hearMist } from '#core/signals/from-mist.ts';
import { hearRadius } from '#core/signals/from-radius.ts';
import { hearWebhook } from '#core/signals/from-webhook.ts';
import { echoToWechat, hearWechat } from '#core/signals/from-wechat.ts';
import type { DoorMessage, Heard, Report, Told } from '#core/signals/heard.ts';
import { findConnector, markSeen, wasSeen } from '#store/connectors.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { parseJson } from '../shared/validate.ts';
import { type Door, signalsOfSightings } from './guests.ts';
import { markOf, unseal } from './secrets.ts';
import { isShop, type ShopKind, takeShopEvent } from './shops.ts';
import { createTally, type Tally } from './tally.ts';

/** What happened before is history, and whoever sends it may be playing a recording. */
const MAX_AGE_MS = 7 * 86_400_000;
/** A controller's clock may be this much ahead of ours. */
const MAX_AHEAD_MS = 5 * 60_000;

type Counts = { accepted: number; linked?: number; repeated?: number; ignored?: ReturnType<Tally['list']> };

/** `POST /v1/connectors/{connectorId}/events`: a vendor's message, verified in that vendor's way. */
export async function postConnectorEvents(request: HttpRequest): Promise<HttpResponse> {
  const { door, secret } = await openDoor(request);
  const { runtime, owner, connector, now } = door;
  const { bytes, headers, query } = request;
  const { kind } = connector;
  if (isShop(kind)) return await takeShopEvent(door, kind, { request, secret: secret as string | string[] });
  const told = hear(kind, { bytes, headers, query, now, parse: parseJson }, secret);
  if ('refused' in told) throw new Problem('unverified', told.refused);
  if ('unreadable' in told) {
    throw new Problem('invalid-input', 'the message cannot be read', [{ pointer: '', detail: told.unreadable }]);
  }
  const tally = createTally();
  const current = currentOf(told, now, tally);
  const mark = markOf(door.venueSecret, told.messageId === undefined ? bytes : `${connector.kind}/${told.messageId}`);
  const { connectorId } = connector;
  const size = told.sightings.length + told.reports.length + told.ignored.length;
  const repeated = (): HttpResponse => answer(connector.kind, { accepted: 0, repeated: size });
  if (await wasSeen(runtime.db, owner, connectorId, mark)) return repeated();
  const { signals, linked } = await signalsOfSightings(door, current.sightings, tally);
  signals.push(...current.reports.flatMap((report) => signalOfReport(door, report, tally) ?? []));
  await runtime.send(
    'signals',
    signals.map((body) => ({ body, group: body.brand })),
  );
  // Only now: a message whose signals were lost must be heard when it comes again.
  if (!(await markSeen(runtime.db, owner, connectorId, { mark, now }))) return repeated();
  return answer(connector.kind, { accepted: signals.length, linked, ignored: tally.list() });
}

/** `GET /v1/connectors/{connectorId}/events`: the handshake of those vendors that want one. */
export async function getConnectorEvents(request: HttpRequest): Promise<HttpResponse> {
  const { door, secret } = await openDoor(request);
  const { kind } = door.connector;
  if (kind === 'meraki') return plainText((secret as MerakiSecret).validator);
  if (kind !== 'wechat') throw new Problem('not-found', 'connectors of this kind have no handshake');
  const echo = echoToWechat({ query: request.query, now: door.now }, secret as WechatSecret);
  if (echo === undefined) throw new Problem('unverified', 'signature is not WeChat’s for this connector’s token, now');
  return plainText(echo);
}

async function openDoor({ runtime, path }: HttpRequest): Promise<{ door: Door; secret: unknown }> {
  const connectorId = path.connectorId ?? '';
  const found = await findConnector(runtime.db, connectorId);
  if (!found) throw new Problem('not-found', 'there is no such connector');
  const { owner, connector } = found;
  const venueSecret = await runtime.secret('venueSecret');
  const secret = unseal(venueSecret, { owner, connectorId }, connector.sealedSecret);
  return { door: { runtime, owner, connector, venueSecret, now: runtime.now() }, secret };
}

/** Each kind's secret is what the schema of its kind has accepted. */
function hear(kind: Exclude<ConnectorKind, ShopKind>, message: DoorMessage, secret: unknown): Told {
  if (kind === 'meraki') return hearMeraki(message, secret as MerakiSecret);
  if (kind === 'wechat') return hearWechat(message, secret as WechatSecret);
  return HEARD_WITH_WORDS[kind](message, secret as string | string[]);
}
const HEARD_WITH_WORDS = {
  mist: hearMist,
  'cisco-spaces': hearCiscoSpaces,
  radius: hearRadius,
  webhook: hearWebhook,
  line: hearLine,
  camara: hearCamara,
};

/** What is neither too old nor ahead of its time. @throws Problem 400 for a message that is all too old */
function currentOf(heard: Heard, now: number, tally: Tally) {
  for (const reason of heard.ignored) tally.ignore(reason);
  const isCurrent = <T extends { at: number | undefined }>(one: T): one is T & { at: number } => {
    if (one.at === undefined) tally.ignore('no-time');
    else if (one.at < now - MAX_AGE_MS) tally.ignore('older-than-7-days');
    else if (one.at > now + MAX_AHEAD_MS) tally.ignore('in-the-future');
    else return true;
    return false;
  };
  const current = { sightings: heard.sightings.filter(isCurrent), reports: heard.reports.filter(isCurrent) };
  const isEmpty = current.sightings.length + current.reports.length === 0;
  if (isEmpty && tally.count('older-than-7-days') > 0) {
    throw new Problem('invalid-input', 'everything in the message happened more than seven days ago', [
      { pointer: '', detail: 'is older than 7 days' },
    ]);
  }
  return current;
}

/** Who is named by the vendor is somebody's whom the brand may know. Their place is the connector's word, or the sender's. */
function signalOfReport(
  { owner, connector, now }: Door,
  report: Report & { at: number },
  tally: Tally,
): Signal | undefined {
  const { kind, at, trust, where, eventId, placeId, screenId, tagId } = report;
  const subject = normaliseIdentifier(report.subject);
  const place = placementOf(connector, where) ?? { placeId, screenId };
  if (owner.kind !== 'brand') tally.ignore('needs-a-brand');
  else if (!subject?.value.isWellFormed() || subject.value.length > 256) tally.ignore('no-person');
  else if ((place.placeId ?? place.screenId ?? tagId) === undefined) tally.ignore('no-place');
  else {
    const occurredAt = new Date(at).toISOString();
    const cause = eventId === undefined ? [kind, subject.kind, subject.value, occurredAt] : ['event', eventId];
    return {
      signalId:
        report.signalId ??
        digestId('connector', connector.connectorId, ...cause, place.placeId ?? '', place.screenId ?? '', tagId ?? ''),
      brand: owner.id,
      kind,
      source: 'connector',
      trust,
      occurredAt,
      receivedAt: new Date(now).toISOString(),
      subject,
      ...(place.placeId !== undefined && { placeId: place.placeId }),
      ...(place.screenId !== undefined && { screenId: place.screenId }),
      ...(tagId !== undefined && { tagId }),
    };
  }
  return undefined;
}

/** Each vendor gets what it takes for a yes; `rlm_rest` would read a JSON answer as RADIUS attributes. */
function answer(kind: ConnectorKind, counts: Counts): HttpResponse {
  if (kind === 'wechat') return plainText('success');
  if (kind === 'line') return { status: 200, body: {} };
  if (kind === 'camara' || kind === 'radius') return { status: 204 };
  return { status: 202, body: counts };
}

const plainText = (body: string): HttpResponse => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body,
});
