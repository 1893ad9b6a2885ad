import type { ConsentLedger } from '#core/people/consent.ts';
import { behaviourOf } from '#store/behaviour.ts';
import type { PlainItem } from './storage.ts';
import type { Truth } from './truth.ts';
import type { World } from './world.ts';

/** Said here again, and not asked of the product. */
const GAP_MS = 30 * 60_000;
const REMEMBERED = 60;

/** Every recorded signal of somebody who shares their location is part of one visit, and no visit is of anything else. */
export function checkVisits({ tables }: World, truth: Truth): void {
  const people = new Map(
    [...tables.items('people')].flatMap((item) => (item.sk === 'PERSON' ? [[item.pk, item]] : [])),
  );
  const moments = new Map<string, Set<string>>();
  for (const [key, { entry }] of truth.ledger) {
    const { personId, placeId, kind, at } = entry;
    const item = people.get(`B#${key.split('/')[0]}#P#${personId}`);
    if (!item || placeId === undefined || kind === 'geofence.exit') continue;
    if (kind.startsWith('geofence.') && !(item.consents as ConsentLedger)['location/any']?.granted) continue;
    const known = moments.get(item.pk) ?? new Set();
    moments.set(item.pk, known.add(`${placeId}@${Date.parse(at)}`));
    const visits = behaviourOf(item)?.visits ?? [];
    const isThere = visits.some(
      (visit) => visit.placeId === placeId && visit.at <= Date.parse(at) && Date.parse(at) <= visit.until,
    );
    if (!isThere && visits.length < REMEMBERED) truth.violate('45', 'a visit is lost', [key, personId ?? '']);
  }
  for (const item of people.values()) checkOwn(item, moments.get(item.pk) ?? new Set(), truth);
}

/** A visit begins and ends with a signal, and two at one place are two. */
function checkOwn(item: PlainItem, moments: ReadonlySet<string>, truth: Truth): void {
  const visits = behaviourOf(item)?.visits ?? [];
  for (const { placeId, at, until } of visits) {
    if (!moments.has(`${placeId}@${at}`) || !moments.has(`${placeId}@${until}`))
      truth.violate('45', 'a visit of which no signal tells', [item.pk, placeId]);
    const near = visits.filter(
      (other) => other.placeId === placeId && other.at <= until + GAP_MS && at <= other.until + GAP_MS,
    );
    if (near.length > 1) truth.violate('45', 'one visit is two', [item.pk, placeId]);
  }
}
