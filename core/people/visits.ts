import { haversineM } from '../geo/sphere.ts';
import type { Behaviour } from '../model/behaviour.ts';
import type { Person } from '../model/person.ts';
import type { Geometry, Place } from '../model/place.ts';
import type { Signal } from '../model/signal.ts';
import { addExit, addVisit } from './behaviour.ts';

/** How far off the distance from home may be told: nearer, and it would say where somebody lives. */
const HOME_STEP_M = 100;

/**
 * What a person has done once a signal of theirs at a place is counted: all kinds but an exit say that they are there, a
 * dwell also since when. The same signal again changes nothing. Whether it may be remembered is not asked here.
 */
export function behaviourAfterSignal(behaviour: Behaviour, person: Person, signal: Signal, place: Place): Behaviour {
  const { placeId } = place;
  const until = Date.parse(signal.occurredAt);
  if (signal.kind === 'geofence.exit') return addExit(behaviour, { placeId, at: until });
  const at = until - (signal.dwellSeconds ?? 0) * 1000;
  const fromHomeM = distanceFromHomeM(person, place);
  return addVisit(behaviour, {
    signalId: signal.signalId,
    placeId,
    at,
    until,
    ...(fromHomeM !== undefined && { fromHomeM }),
  });
}

/** From the middle of the place to the attribute `home`, `[longitude, latitude]`. */
function distanceFromHomeM({ attributes }: Person, place: Place): number | undefined {
  const { home } = attributes;
  if (!Array.isArray(home) || home.length !== 2) return undefined;
  const [lng, lat] = home;
  if (typeof lng !== 'number' || typeof lat !== 'number' || !(Math.abs(lng) <= 180 && Math.abs(lat) <= 90)) {
    return undefined;
  }
  const middle = middleOf(place);
  return Math.round(haversineM(lng, lat, middle.lng, middle.lat) / HOME_STEP_M) * HOME_STEP_M;
}

/** The middle of a place's box: near enough for a distance to the nearest hundred metres. */
function middleOf({ geometry }: Place): { lng: number; lat: number } {
  const positions = positionsOf(geometry);
  return { lng: midpoint(positions.map(([lng = 0]) => lng)), lat: midpoint(positions.map(([, lat = 0]) => lat)) };
}

function positionsOf(geometry: Geometry): number[][] {
  if (geometry.type === 'Point') return [geometry.coordinates];
  return geometry.type === 'Polygon' ? geometry.coordinates.flat() : geometry.coordinates.flat(2);
}

function midpoint(numbers: readonly number[]): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return (low + high) / 2;
}
