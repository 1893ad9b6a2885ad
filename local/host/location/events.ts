import { randomUUID } from 'node:crypto';
import { COLLECTION, TRACKER } from './operations.ts';
import type { Crossed } from './tracker.ts';

export type EventOptions = {
  /** Takes an event as EventBridge hands it over. */
  onEvent: (event: unknown) => void;
  now: () => number;
  /** In [0, 1): which events come twice, and which late. */
  random: () => number;
  /** Has something done after a while. */
  later: (action: () => void, ms: number) => void;
};

const ACCOUNT = '000000000000';
const REGION = 'eu-west-1';
/** EventBridge delivers at least once and in no order: of ten events about one comes twice, and one late. */
const OFTEN = 0.1;
const PROMPT_MS = 30;
const LATE_MS = 1500;

/** Tells crossings as EventBridge does: `Location Geofence Event`, on its own time. */
export function createEvents({ onEvent, now, random, later }: EventOptions): (crossed: Crossed) => void {
  const deliver = (event: unknown): void =>
    later(() => onEvent(event), random() * (random() < OFTEN ? LATE_MS : PROMPT_MS));
  return (crossed) => {
    const event = eventOf(crossed, now());
    deliver(event);
    if (random() < OFTEN) deliver(event);
  };
}

/** https://docs.aws.amazon.com/location/latest/developerguide/location-events.html */
const eventOf = ({ type, update, geofence }: Crossed, now: number) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Location Geofence Event',
  source: 'aws.geo',
  account: ACCOUNT,
  // To the second, as EventBridge has it.
  time: `${new Date(now).toISOString().slice(0, 19)}Z`,
  region: REGION,
  resources: [
    `arn:aws:geo:${REGION}:${ACCOUNT}:geofence-collection/${COLLECTION}`,
    `arn:aws:geo:${REGION}:${ACCOUNT}:tracker/${TRACKER}`,
  ],
  detail: {
    EventType: type,
    GeofenceId: geofence.GeofenceId,
    DeviceId: update.DeviceId,
    SampleTime: new Date(update.SampleTime).toISOString(),
    Position: update.Position,
    ...(update.Accuracy && { Accuracy: update.Accuracy }),
    ...(geofence.GeofenceProperties && { GeofenceProperties: geofence.GeofenceProperties }),
    ...(update.PositionProperties && { PositionProperties: update.PositionProperties }),
  },
});
