import type { DeviceState } from '../geo/detect.ts';
import { placesOf } from '../geo/silent-dwell.ts';
import { digestId } from '../hash.ts';
import type { Signal } from '../model/signal.ts';

/**
 * Somebody who was inside when a campaign was launched, as a signal for that campaign alone. It happened when their phone
 * was last heard of: that is how fresh it is. One visit and one campaign have one such signal of a kind.
 */
export function signalFromVisit(
  { placeId, since, heardAt, state }: { placeId: string; since: number; heardAt: number; state: DeviceState },
  context: {
    brand: string;
    deviceId: string;
    campaignId: string;
    receivedAt: string;
    source: 'embedded' | 'amazon-location';
    kind: 'geofence.enter' | 'geofence.dwell';
    /** With `geofence.dwell`: the campaign's threshold, which the visit has reached. */
    dwellSeconds?: number;
  },
): Signal {
  const { brand, deviceId, campaignId, receivedAt, source, kind, dwellSeconds } = context;
  const visitSince = new Date(since).toISOString();
  return {
    signalId: digestId('inside', campaignId, deviceId, kind, placeId, visitSince),
    brand,
    kind,
    source,
    trust: 'T2',
    occurredAt: new Date(heardAt).toISOString(),
    receivedAt,
    subject: { kind: 'device', value: deviceId },
    placeId,
    insidePlaceIds: placesOf(state),
    ...(dwellSeconds !== undefined && { dwellSeconds }),
    launch: { campaignId, visitSince },
  };
}
