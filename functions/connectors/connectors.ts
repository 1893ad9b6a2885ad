import {
  type Connector,
  type ConnectorInput,
  ConnectorInputSchema,
  type ConnectorKind,
  placeName,
} from '#core/model/connector.ts';
import { getMeta } from '#store/catalogue.ts';
import type { Database } from '#store/client.ts';
import { misplaced, type StoredConnector } from '#store/connectors.ts';
import { AddressTakenError, claimAddress } from '#store/directory.ts';
import type { Tenant } from '#store/keys.ts';
import { getSignage, listSignage, putSignage } from '#store/signage.ts';
import { tenantOf } from '../catalogue/entries.ts';
import type { HttpRequest, HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { fingerprint, seal } from './secrets.ts';

/** They name people as a brand knows them: a venue never does. */
const OF_BRANDS: ReadonlySet<ConnectorKind> = new Set(['line', 'camara', 'wechat', 'shopify', 'square']);

/** `PUT /v1/connectors/{connectorId}`. The secret goes in and never comes out; a PUT without one keeps what is there. */
export async function putConnector(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path } = request;
  const connectorId = path.connectorId ?? '';
  const owner = tenantOf(request);
  const input = validate(ConnectorInputSchema, request.body);
  const was = await getSignage<StoredConnector>(runtime.db, owner, 'connector', connectorId);
  const errors = [
    ...contradictions(input, owner, was),
    ...(await brandErrors(runtime.db, owner, input)),
    ...(await placeErrors(request, input)),
  ];
  if (errors.length > 0) throw new Problem('unprocessable', 'the connector contradicts what is stored', errors);
  const stored = await withSecret(request, connectorId, input, was);
  try {
    await claimAddress(runtime.db, 'connector', connectorId, { owner });
    await putSignage(runtime.db, owner, 'connector', connectorId, stored);
  } catch (error) {
    throw refusalOf(error);
  }
  return { status: 200, body: viewOf(stored) };
}

export async function getConnector(request: HttpRequest): Promise<HttpResponse> {
  const { runtime, path } = request;
  const owner = tenantOf(request);
  const stored = await getSignage<StoredConnector>(runtime.db, owner, 'connector', path.connectorId ?? '');
  if (!stored) throw new Problem('not-found', 'there is no such connector');
  return { status: 200, body: viewOf(stored) };
}

export const listConnectors = (request: HttpRequest): Promise<HttpResponse> =>
  pageResponse(
    listSignage<StoredConnector>(request.runtime.db, tenantOf(request), 'connector', pageRequest(request)),
    viewOf,
  );

const viewOf = ({ sealedSecret: _, ...connector }: StoredConnector): Connector => connector;

function contradictions(input: ConnectorInput, owner: Tenant, was: StoredConnector | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (owner.kind === 'venue' && OF_BRANDS.has(input.kind)) {
    errors.push({ pointer: '/kind', detail: 'names people whom a brand knows: it is for a brand' });
  }
  if (input.secret === undefined && was?.kind !== input.kind) {
    errors.push({ pointer: '/secret', detail: 'is needed for a new connector, and for one of another kind' });
  }
  const names = Object.keys(input.places);
  const doubled = names.find((name, index) => names.findIndex((other) => placeName(other) === placeName(name)) < index);
  if (doubled !== undefined) {
    errors.push({ pointer: `/places/${escapeStep(doubled)}`, detail: 'is there twice, spelled in two ways' });
  }
  return errors;
}

/** A brand hears from the venues that it has named, and from itself. */
async function brandErrors(
  db: Database,
  owner: Tenant,
  { brands = [], portal }: ConnectorInput,
): Promise<FieldError[]> {
  const named = [
    ...brands.map((brand, index) => ({ brand, pointer: `/brands/${index}` })),
    ...(portal?.brands ?? []).map(({ brand }, index) => ({ brand, pointer: `/portal/brands/${index}/brand` })),
  ];
  const hears = new Map<string, boolean>();
  for (const brand of new Set(named.map((one) => one.brand))) {
    const isOwn = owner.kind === 'brand' && brand === owner.id;
    const isNamed =
      owner.kind === 'venue' && (await getMeta(db, { kind: 'brand', id: brand })).venues.includes(owner.id);
    hears.set(brand, isOwn || isNamed);
  }
  const detail = owner.kind === 'venue' ? 'has not named you as one of its venues' : 'is another brand than yours';
  return named.flatMap(({ brand, pointer }) => (hears.get(brand) ? [] : [{ pointer, detail }]));
}

async function placeErrors({ runtime, caller }: HttpRequest, { places }: ConnectorInput): Promise<FieldError[]> {
  if (!caller) return [];
  const wrong = await misplaced(runtime.db, caller.tenant, places);
  return wrong.slice(0, 50).map(({ name, field, detail }) => ({
    pointer: `/places/${escapeStep(name)}/${field}`,
    detail,
  }));
}

async function withSecret(
  { runtime, caller }: HttpRequest,
  connectorId: string,
  { secret, ...input }: ConnectorInput,
  was: StoredConnector | undefined,
): Promise<StoredConnector> {
  const places = Object.fromEntries(Object.entries(input.places).map(([name, where]) => [placeName(name), where]));
  const connector = { connectorId, ...input, places };
  if (secret === undefined && was) {
    const { sealedSecret, secretFingerprint, secretSetAt } = was;
    return { ...connector, sealedSecret, secretFingerprint, secretSetAt };
  }
  const venueSecret = await runtime.secret('venueSecret');
  const whose = { owner: caller?.tenant ?? { kind: 'brand', id: '' }, connectorId };
  return {
    ...connector,
    sealedSecret: seal(venueSecret, whose, secret),
    secretFingerprint: fingerprint(venueSecret, whose, secret),
    secretSetAt: new Date(runtime.now()).toISOString(),
  };
}

function refusalOf(error: unknown): unknown {
  if (error instanceof AddressTakenError) {
    return new Problem('id-taken', 'this connectorId is somebody else’s: choose another', [
      { pointer: '/connectorId', detail: 'is taken' },
    ]);
  }
  return error instanceof RangeError
    ? new Problem('too-large', `${error.message}; name fewer places`, [
        { pointer: '/places', detail: 'is too large to store' },
      ])
    : error;
}

const escapeStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
