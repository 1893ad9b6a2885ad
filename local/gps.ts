import type { XY } from './plane.ts';
import type { Random } from './random.ts';

/** The error of one phone's receiver: an offset that drifts, and now and then a street canyon. */
export type Receiver = {
  /** What the receiver has under open sky: the radius that holds 68 % of its fixes, in metres. */
  clearM: number;
  offset: XY;
  /** Seconds until the canyon ends; 0 under open sky. */
  canyonLeft: number;
  /** How many times worse the canyon is. */
  canyonFactor: number;
  /** Whether the receiver admits to it. */
  isHonest: boolean;
};

/** Errors forget themselves within about this long: successive fixes err in the same direction. */
const CORRELATION_SECONDS = 40;
const CANYON_EVERY_SECONDS = 420;
/** In two dimensions a normal error of standard deviation 1 per axis stays within 1.51 in 68 % of cases. */
const RADIUS_68 = Math.sqrt(-2 * Math.log(1 - 0.68));

export function createReceiver(random: Random): Receiver {
  const clearM = random.between(3, 9);
  const perAxis = clearM / RADIUS_68;
  return {
    clearM,
    offset: [random.normal() * perAxis, random.normal() * perAxis],
    canyonLeft: 0,
    canyonFactor: 1,
    isHonest: true,
  };
}

/**
 * Lets the error drift for `seconds` and answers the accuracy the phone would claim, in metres. The drift is a
 * first-order Gauss-Markov process: e' = e·exp(-t/τ) + σ·sqrt(1 - exp(-2t/τ))·N(0, 1).
 */
export function driftReceiver(receiver: Receiver, seconds: number, random: Random): number {
  receiver.canyonLeft = Math.max(0, receiver.canyonLeft - seconds);
  if (receiver.canyonLeft === 0 && random.chance(seconds / CANYON_EVERY_SECONDS)) {
    receiver.canyonLeft = random.between(15, 45);
    receiver.canyonFactor = random.between(2, 4);
    receiver.isHonest = random.chance(0.65);
  }
  const isCanyon = receiver.canyonLeft > 0;
  const trueM = receiver.clearM * (isCanyon ? receiver.canyonFactor : 1);
  const keep = Math.exp(-seconds / CORRELATION_SECONDS);
  const fresh = (trueM / RADIUS_68) * Math.sqrt(1 - keep * keep);
  receiver.offset = [
    receiver.offset[0] * keep + fresh * random.normal(),
    receiver.offset[1] * keep + fresh * random.normal(),
  ];
  const claimedM = isCanyon && !receiver.isHonest ? receiver.clearM : trueM;
  return Math.round(claimedM * random.between(0.9, 1.15) * 10) / 10;
}
