import type { DeviceState } from '../geo/detect.ts';
import { placesOf } from '../geo/silent-dwell.ts';
import { digestId } from '../hash.ts';
import type { Signal } from '../model/signal.ts';

/** A visit that stands, told once more because something has begun around it. Times in epoch milliseconds. */
export type Again = {
  placeId: string;
  since: number;
  /** What has begun: a launch, by campaign, or an opening, by its time. A visit is told once of each, kind by kind. */
  because: { campaignId: string } | { opensAt: number };
  /** When it counts as having happened: how fresh it is. */
  at: number;
  state: DeviceState;
};

/** An enter (`dwellSeconds` undefined) or a dwell of somebody who was inside before. */
export function signalFromVisit(
  { placeId, since, because, at, state }: Again,
  context: {
    brand: string;
    deviceId: string;
    receivedAt: string;
    source: 'embedded' | 'amazon-location';
    dwellSeconds?: number | undefined;
  },
): Signal {
  const { brand, deviceId, receivedAt, source, dwellSeconds } = context;
  const began = new Date(since).toISOString();
  const campaignId = 'campaignId' in because ? because.campaignId : undefined;
  const cause = 'campaignId' in because ? ['launch', because.campaignId] : ['opening', String(because.opensAt)];
  return {
    signalId: digestId('again', ...cause, deviceId, placeId, began, String(dwellSeconds ?? '')),
    brand,
    kind: dwellSeconds === undefined ? 'geofence.enter' : 'geofence.dwell',
    source,
    trust: 'T2',
    occurredAt: new Date(at).toISOString(),
    receivedAt,
    subject: { kind: 'device', value: deviceId },
    placeId,
    insidePlaceIds: placesOf(state),
    ...(dwellSeconds !== undefined && { dwellSeconds }),
    visit: { since: began, ...(campaignId !== undefined && { campaignId }) },
  };
}
