import type { Transition } from '../geo/detect.ts';
import { digestId } from '../hash.ts';
import type { Signal } from '../model/signal.ts';

/**
 * A device's enter, exit or dwell as a signal. Tier T2: the positions are the phone's word, but that they make a visit was
 * found here, fix by fix. What a phone says of itself, by `POST /v1/signals`, is T1.
 */
export function signalFromTransition(
  transition: Transition,
  context: { brand: string; deviceId: string; receivedAt: string; source?: 'embedded' | 'amazon-location' },
): Signal {
  const { kind, placeId, at, dwellSeconds, confidence, insidePlaceIds } = transition;
  const { brand, deviceId, receivedAt, source = 'embedded' } = context;
  const occurredAt = new Date(at).toISOString();
  return {
    signalId: digestId('transition', deviceId, kind, placeId, occurredAt, String(dwellSeconds ?? '')),
    brand,
    kind,
    source,
    trust: 'T2',
    occurredAt,
    receivedAt,
    subject: { kind: 'device', value: deviceId },
    placeId,
    insidePlaceIds,
    ...(dwellSeconds !== undefined && { dwellSeconds }),
    ...(confidence !== undefined && { confidence }),
  };
}
