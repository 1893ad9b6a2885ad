import { type CoordinateSystem, CoordinateSystemSchema } from '#core/model/coordinate-system.ts';
import type { HttpRequest } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';

/** More features than this do not fit into the body; more refusals than this do not fit into an answer (Lambda: 6 MB). */
const MAX_FEATURES = 70_000;
const MAX_REJECTED = 10_000;

const refuse = (pointer: string, detail: string, message = 'the body is not a FeatureCollection') =>
  new Problem('invalid-input', message, [{ pointer, detail }]);
const tooMuch = (detail: string) => refuse('/features', detail, 'this is no list of places; nothing was imported');

/** A body that a reader of features can go through. @throws Problem 400 */
export function featureCollectionOf(body: unknown): unknown {
  const collection = body as { type?: unknown; features?: unknown } | null | undefined;
  if (collection?.type !== 'FeatureCollection') throw refuse('/type', 'must be FeatureCollection');
  if (!Array.isArray(collection.features)) throw refuse('/features', 'must be a list');
  if (collection.features.length > MAX_FEATURES) throw tooMuch(`has more than ${MAX_FEATURES} features`);
  return collection;
}

/** What the coordinates of an import are in: `coordinateSystem` of the query, or of the collection. @throws Problem 400 */
export function systemOf({ query, body }: Pick<HttpRequest, 'query' | 'body'>): CoordinateSystem {
  const { coordinateSystem = 'wgs84' } = featureCollectionOf(body) as { coordinateSystem?: unknown };
  return validate(CoordinateSystemSchema, query.coordinateSystem ?? coordinateSystem, '/coordinateSystem');
}

/** @throws Problem 400 when an answer could not hold all that was refused */
export function checkRejected(rejected: readonly unknown[]): void {
  if (rejected.length > MAX_REJECTED) throw tooMuch(`has more than ${MAX_REJECTED} features that are no places`);
}
