import type { Place, Screen } from '#core/model/place.ts';
import { keyIdOf, publicKeyPem, signedText } from '#core/reports/sign.ts';
import { type Statement, statementCsv, statementJson } from '#core/reports/statement.ts';
import { type Effect, type ScreenReport, screenReport } from '#core/screens/report.ts';
import { getEntry, getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { listEffects } from '#store/effects.ts';
import type { Tenant } from '#store/keys.ts';
import { listPlays } from '#store/plays.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';

const DAY_MS = 86_400_000;
/** One answer reads every play of its days: a month of a busy screen is 300,000. */
const MAX_DAYS = 31;
/** No play is longer: what lies further from the window says nothing about it. */
const MARGIN_MS = 3_600_000;
const DEFAULT_DAYS = 7;

type Days = { from: string; to: string; window: { from: number; to: number }; days: string[] };

/** `GET /v1/reports/screens/{screenId}`: what it showed, what came of it, and what of its log is missing. */
export async function getScreenReport(request: HttpRequest): Promise<HttpResponse> {
  const days = daysOf(request);
  const { owner, screen } = await screenOf(request);
  const { report, asOf } = await readReport(request, { owner, days });
  const place = await getEntry<Place>(request.runtime.db, owner, 'place', screen.placeId);
  const { screenId, name } = screen;
  const { from, to } = days;
  const zone = place && { timeZone: place.timeZone };
  return { status: 200, body: { screenId, name, owner, from, to, asOf, ...zone, ...report } };
}

/** `GET /v1/reports/screens/{screenId}/export`: the same as a statement that an advertiser can check. */
export async function exportScreenReport(request: HttpRequest): Promise<HttpResponse> {
  const days = daysOf(request);
  const { format = 'json' } = request.query;
  if (format !== 'json' && format !== 'csv') throw badQuery('format', 'must be json or csv');
  const brand = advertiserOf(request);
  const { owner, screen } = await screenOf(request);
  const { report, asOf } = await readReport(request, { owner, days, brand });
  const secret = await request.runtime.secret('reportSecret');
  const { from, to } = days;
  const { rows, unknown, gaps } = report;
  const statement: Statement = {
    statement: 'beckon.screen.v1',
    owner,
    screenId: screen.screenId,
    ...(brand !== undefined && { brand }),
    from,
    to,
    asOf,
    key: keyIdOf(secret),
    rows,
    unknown,
    gaps,
  };
  const body = signedText(secret, format === 'csv' ? statementCsv(statement) : statementJson(statement));
  const file = [screen.screenId, from, to, ...(brand === undefined ? [] : [brand])].join('_');
  return {
    status: 200,
    body,
    headers: {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="${file}.${format}"`,
    },
  };
}

/** `GET /v1/reports/key`: by which anybody checks a statement. */
export async function getReportKey({ runtime }: HttpRequest): Promise<HttpResponse> {
  const body = publicKeyPem(await runtime.secret('reportSecret'));
  return { status: 200, body, headers: { 'content-type': 'application/x-pem-file', 'cache-control': 'max-age=300' } };
}

/** The screen as its reader may know it: a venue's own, a brand's own, or one of a venue that the brand rents. */
async function screenOf(request: HttpRequest): Promise<{ owner: Tenant; screen: Screen }> {
  const { db } = request.runtime;
  const tenant = tenantOf(request);
  const { screenId = '' } = request.path;
  const rented = tenant.kind === 'brand' ? (await getMeta(db, tenant)).venues : [];
  const owners: Tenant[] = [tenant, ...rented.map((id): Tenant => ({ kind: 'venue', id }))];
  for (const owner of owners) {
    const screen = await getEntry<Screen>(db, owner, 'screen', screenId);
    if (screen) return { owner, screen };
  }
  throw new Problem('not-found', 'there is no such screen');
}

/** Whose statement: a brand's own, whatever it asks for; of a venue's the one named, or all. */
function advertiserOf(request: HttpRequest): string | undefined {
  const tenant = tenantOf(request);
  const { brand } = request.query;
  if (brand !== undefined && !/^[A-Za-z0-9._-]{1,64}$/.test(brand)) throw badQuery('brand', 'is not the id of a brand');
  if (tenant.kind === 'venue') return brand;
  if (brand !== undefined && brand !== tenant.id) throw new Problem('forbidden', 'this belongs to another brand');
  return tenant.id;
}

async function readReport(
  request: HttpRequest,
  { owner, days, brand }: { owner: Tenant; days: Days; brand?: string | undefined },
): Promise<{ report: ScreenReport; asOf: string }> {
  const { db } = request.runtime;
  const { screenId = '' } = request.path;
  const { window } = days;
  const asOf = request.runtime.now();
  const around = { from: Math.max(0, window.from - MARGIN_MS), to: window.to + MARGIN_MS };
  const [plays, effects] = await Promise.all([
    collect(listPlays(db, owner, screenId, around)),
    effectsOf(db, owner, screenId, days),
  ]);
  const reader = tenantOf(request);
  const report = screenReport({ plays, effects, window, now: asOf, owner, reader, only: brand });
  return { report, asOf: new Date(asOf).toISOString() };
}

async function effectsOf(db: Database, owner: Tenant, screenId: string, { days }: Days): Promise<Effect[]> {
  const found = await Promise.all(days.map((day) => collect(listEffects(db, owner, screenId, day))));
  return found.flat();
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `?from=&to=`: UTC dates, both included; without them the last seven days. */
function daysOf({ query, runtime }: HttpRequest): Days {
  const today = Math.floor(runtime.now() / DAY_MS) * DAY_MS;
  const errors: FieldError[] = [];
  const last = dateOf(query.to, '/to', errors) ?? today;
  const first = dateOf(query.from, '/from', errors) ?? last - (DEFAULT_DAYS - 1) * DAY_MS;
  const count = (last - first) / DAY_MS + 1;
  if (errors.length === 0 && count < 1) errors.push({ pointer: '/to', detail: 'is before from' });
  if (errors.length === 0 && count > MAX_DAYS) {
    errors.push({ pointer: '/to', detail: `is more than ${MAX_DAYS} days, both included, from from` });
  }
  if (errors.length > 0) throw new Problem('invalid-input', 'the query is not valid', errors);
  const days = Array.from({ length: count }, (_, index) => dayText(first + index * DAY_MS));
  return { from: dayText(first), to: dayText(last), window: { from: first, to: last + DAY_MS }, days };
}

function dateOf(text: string | undefined, pointer: string, errors: FieldError[]): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^(19[7-9]|2\d\d)\d-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // 30 February is another day to Date.
  if (Number.isFinite(ms) && dayText(ms) === text) return ms;
  errors.push({ pointer, detail: 'must be a date, such as 2026-11-22' });
  return undefined;
}

const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const badQuery = (name: string, detail: string): Problem =>
  new Problem('invalid-input', 'the query is not valid', [{ pointer: `/${name}`, detail }]);
