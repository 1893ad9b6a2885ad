import type { Place } from '../model/place.ts';
import type { Fix } from './detect.ts';
import { MAX_ACCURACY_M, sightM, UNKNOWN_ACCURACY_M } from './evidence.ts';
import { sensingOf } from './sensing.ts';

/** `detect` asks at least so far round a fix, to know who is worth following. */
const LEAST_M = 80;

/**
 * How far round a fix `detect` may look at places, in metres, for a device that is in `visited`: what is farther makes no
 * difference to it.
 */
export function reachM({ accuracyM = UNKNOWN_ACCURACY_M }: Pick<Fix, 'accuracyM'>, visited: Iterable<Place>): number {
  let marginM = sensingOf(undefined).exitMarginM;
  for (const { sensing } of visited) marginM = Math.max(marginM, sensingOf(sensing).exitMarginM);
  return Math.max(LEAST_M, sightM(Math.min(accuracyM, MAX_ACCURACY_M)) + marginM);
}
