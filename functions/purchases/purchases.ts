import type { Identifier } from '#core/model/person.ts';
import { type PurchaseInput, PurchaseInputSchema } from '#core/model/purchase.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { listPurchases as readPurchases } from '#store/purchases.ts';
import { existing, profilesOf } from '../people/people.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { pageRequest, pageResponse } from '../shared/paging.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { timeErrors, validate } from '../shared/validate.ts';
import { refuseGuesser } from './guesser.ts';
import { PurchaseConflictError, recordPurchase } from './record.ts';

/** `POST /v1/purchases`: a basket that was paid for; 201 the first time, 200 and the same answer after that. */
export async function postPurchase(request: HttpRequest): Promise<HttpResponse> {
  const { runtime } = request;
  const brand = brandOf(request);
  const purchase = validate(PurchaseInputSchema, request.body);
  refuseUnkeepable(purchase, runtime.now());
  await refuseUnknownPlace(request, brand, purchase);
  await refuseGuesser(request, brand, purchase.couponCodes);
  try {
    const { outcome, personId } = await recordPurchase(runtime, brand, purchase);
    const { purchaseId } = purchase;
    return {
      status: outcome === 'recorded' ? 201 : 200,
      body: { purchaseId, outcome, ...(personId !== undefined && { personId }) },
    };
  } catch (error) {
    if (!(error instanceof PurchaseConflictError)) throw error;
    throw new Problem('unprocessable', error.message, [
      { pointer: '/purchaseId', detail: 'was used with other content' },
    ]);
  }
}

/** `GET …/purchases`: what somebody has bought, newest first. */
export async function listPurchases(request: HttpRequest): Promise<HttpResponse> {
  const { person } = await existing(request);
  return await pageResponse(
    readPurchases(request.runtime.db, brandOf(request), profilesOf(person), pageRequest(request)),
    // Which codes were right is for who can see coupons.
    ({ couponIds: _, ...purchase }) => [purchase],
  );
}

/** Times from before or after all others, and handles that nobody can have. */
export function refuseUnkeepable({ at, person, identifiers }: PurchaseInput, now: number): void {
  const named: [string, Identifier | undefined][] = [
    ['/person/value', person],
    ...identifiers.map((identifier, index): [string, Identifier] => [`/identifiers/${index}/value`, identifier]),
  ];
  const errors: FieldError[] = timeErrors(at, '/at', now);
  for (const [pointer, identifier] of named) {
    if (!identifier || normaliseIdentifier(identifier)) continue;
    errors.push({ pointer, detail: `is not a ${identifier.kind}` });
  }
  if (errors.length > 0) throw new Problem('invalid-input', 'the purchase is not valid', errors);
}

/** What is sold at a place nobody knows would count for no shop and no region. */
export async function refuseUnknownPlace(
  { runtime }: HttpRequest,
  brand: string,
  { placeId }: PurchaseInput,
): Promise<void> {
  if (placeId === undefined) return;
  const { snapshot } = await runtime.catalogue.read(brand, () => ({}));
  if ((await snapshot.places.some([placeId])).has(placeId)) return;
  throw new Problem('unprocessable', 'the place is not known', [
    { pointer: '/placeId', detail: 'is not a place of this brand' },
  ]);
}
