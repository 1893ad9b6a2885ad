/**
 * What is remembered of one device between fixes: plain JSON, about 250 bytes for a device in one place.
 * Times are epoch milliseconds.
 *
 * It holds at most two precise positions (`fix`, `jump`), which `detect` forgets after a day of newer fixes; whoever
 * stores it must forget it, or at least those two, within 24 hours of the last write. A state without `fix` is valid: the next fix is then read as a device's first (see `detect`).
 */
export type DeviceState = {
  /** When the last fix that was read happened; a fix at or before it is dropped. */
  lastAt: number;
  /** The last fix that confirmed detection believed: what the next one's speed is measured from. */
  fix?: Anchor;
  /** Implausible fixes that agree with each other: a device that really is elsewhere (a flight), or a spoofer. */
  jump?: Anchor & { since: number; fixes: number };
  /** Places the device is in. */
  visits: Visit[];
  /** Confirmed places that fixes since `since` speak for having entered; `odds` is what they have said so far (log-odds). */
  entering: { placeId: string; since: number; odds?: number }[];
};

export type Anchor = { at: number; lng: number; lat: number; accuracyM: number; pace?: Pace };

/** How fast a device has lately been, in m/s, and for how many seconds it has been followed: at most `MAX_PACE_SECONDS`. */
export type Pace = { mps: number; seconds: number };

export type Visit = {
  placeId: string;
  /** When `geofence.enter` was; dwell counts from here. */
  since: number;
  /** Dwell thresholds already reported, in seconds. */
  dwelt?: number[];
  /** Confirmed places: the first of the fixes that speak for having left, and what they have said so far (log-odds). */
  leavingSince?: number;
  leavingOdds?: number;
};

/**
 * A device in more places than this is in a test or an attack: further places are not entered until one is left.
 * Keeps a state under 100 kB, far from DynamoDB's 400 kB.
 */
export const MAX_PLACES_PER_DEVICE = 500;

/** Design section 4: precise positions are kept at most a day. By then 90 m/s reaches anywhere, so they prove nothing. */
export const MAX_POSITION_AGE_MS = 24 * 3_600_000;

/** Before every time: a first fix is never a duplicate. JSON has no -Infinity. */
export const NEVER = Number.MIN_SAFE_INTEGER;
