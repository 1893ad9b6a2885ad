import type { Place } from '#core/model/place.ts';
import type { City } from './city.ts';
import type { DemoPerson } from './demo-people.ts';
import { createReceiver, driftReceiver, type Receiver } from './gps.ts';
import { distance, planeAt, type XY } from './plane.ts';
import { createRandom, type Random } from './random.ts';
import { type Routes, routesOf } from './walk-routes.ts';

/** One person on foot. Positions in metres of the city's plane, times in seconds. */
export type Walker = {
  personId: string;
  deviceId: string;
  favourite: string;
  at: XY;
  /** Corners still ahead; empty while inside `placeId`. */
  path: XY[];
  /** Where they are, or where they are going. */
  placeId: string;
  isInside: boolean;
  /** Seconds of the visit still to come. */
  stayLeft: number;
  paceMps: number;
  /** People keep to their side of the street: metres to the right of its centre line. */
  sideM: number;
  speedMps: number;
  receiver: Receiver;
  nextFixIn: number;
};

export type Walkers = { city: City; list: Walker[]; random: Random; routes: Routes; places: Map<string, Place> };
export type WalkerPoint = { personId: string; deviceId: string; lng: number; lat: number };
/** A reading of a phone, without its time: the driver stamps it. */
export type Fix = { deviceId: string; lng: number; lat: number; accuracyM: number; speedMps: number };
export type Arrival = { walker: Walker; placeId: string };

/** Faster than this a locator must take it for a car or a jump. */
export const MAX_SPEED_MPS = 25;
/** Phones report about this often, each in its own rhythm. */
const REPORT_SECONDS = 5;
/** However fast the demo runs, a visit lasts long enough to be confirmed from several fixes. */
const SHORTEST_STAY_SECONDS = 45;

/** Puts `people` who carry a phone into the city: a third inside some place, the others on their way to one. */
export function createWalkers(city: City, people: readonly DemoPerson[], seed: number): Walkers {
  const random = createRandom(seed, 'walkers');
  const walkers: Walkers = {
    city,
    list: [],
    random,
    routes: routesOf(city.walkGraph),
    places: new Map(city.places.map((place) => [place.placeId, place])),
  };
  for (const { personId, input } of people) {
    const device = input.identifiers.find(({ kind }) => kind === 'device');
    if (!device) continue;
    const walker: Walker = {
      personId,
      deviceId: device.value,
      favourite: String(input.attributes.favouriteCategory ?? ''),
      at: [0, 0],
      path: [],
      placeId: '',
      isInside: false,
      stayLeft: 0,
      paceMps: random.between(1.2, 1.5),
      sideM: random.between(2.5, 5.5),
      speedMps: 0,
      receiver: createReceiver(random),
      nextFixIn: random.between(0, REPORT_SECONDS),
    };
    const start = chooseGoal(walkers, walker);
    walker.placeId = start;
    walker.at = city.walkGraph.doors[start]?.inside ?? [0, 0];
    if (random.chance(0.35)) {
      walker.isInside = true;
      walker.stayLeft = random.between(10, 120);
    } else {
      setOff(walkers, walker);
      // Somewhere along the way, or all would leave their doors at the same moment.
      walker.path.splice(0, Math.floor(random.between(0, Math.max(1, walker.path.length - 3))));
      walker.at = walker.path[0] ?? walker.at;
    }
    walkers.list.push(walker);
  }
  return walkers;
}

/**
 * Moves everybody by `seconds` of real time and answers who has just arrived somewhere. `speed` multiplies the pace
 * and shortens the visits.
 */
export function step(walkers: Walkers, seconds: number, speed = 1): Arrival[] {
  const arrivals: Arrival[] = [];
  for (const walker of walkers.list) {
    if (walker.isInside) {
      linger(walkers, walker, seconds);
      if (walker.stayLeft <= 0) setOff(walkers, walker);
    } else if (walk(walker, seconds, Math.min(walker.paceMps * speed, MAX_SPEED_MPS))) {
      walker.isInside = true;
      walker.stayLeft = Math.max(SHORTEST_STAY_SECONDS, stayOf(walkers, walker) / speed);
      arrivals.push({ walker, placeId: walker.placeId });
    }
  }
  return arrivals;
}

/** Where everybody really is. */
export function pointsOf({ city, list }: Walkers): WalkerPoint[] {
  const { toLngLat } = planeAt(city.center);
  return list.map((walker) => {
    const [lng, lat] = toLngLat(shown(walker));
    return { personId: walker.personId, deviceId: walker.deviceId, lng, lat };
  });
}

/** What the phones report whose turn has come within the last `seconds`: where they believe to be. */
export function dueFixes({ city, list, random }: Walkers, seconds: number): Fix[] {
  const { toLngLat } = planeAt(city.center);
  const fixes: Fix[] = [];
  for (const walker of list) {
    walker.nextFixIn -= seconds;
    if (walker.nextFixIn > 0) continue;
    walker.nextFixIn += REPORT_SECONDS * random.between(0.9, 1.1);
    // After a long gap one report is due, not a burst of them.
    if (walker.nextFixIn <= 0) walker.nextFixIn = REPORT_SECONDS;
    const accuracyM = driftReceiver(walker.receiver, REPORT_SECONDS, random);
    const [x, y] = shown(walker);
    const [lng, lat] = toLngLat([x + walker.receiver.offset[0], y + walker.receiver.offset[1]]);
    fixes.push({ deviceId: walker.deviceId, lng, lat, accuracyM, speedMps: Math.round(walker.speedMps * 10) / 10 });
  }
  return fixes;
}

/** On the street a walker is drawn beside the centre line, to the right of the way they go. */
function shown({ at, path, isInside, sideM }: Walker): XY {
  const next = path[0];
  if (isInside || !next || path.length < 3) return at;
  const length = distance(at, next) || 1;
  return [at[0] + ((next[1] - at[1]) / length) * sideM, at[1] - ((next[0] - at[0]) / length) * sideM];
}

/** Follows the path; true on arrival. */
function walk(walker: Walker, seconds: number, speedMps: number): boolean {
  let left = seconds * speedMps;
  walker.speedMps = speedMps;
  while (left > 0) {
    const next = walker.path[0];
    if (!next) return true;
    const gap = distance(walker.at, next);
    if (gap > left) {
      const t = left / gap;
      walker.at = [walker.at[0] + (next[0] - walker.at[0]) * t, walker.at[1] + (next[1] - walker.at[1]) * t];
      return false;
    }
    walker.at = next;
    walker.path.shift();
    left -= gap;
  }
  return walker.path.length === 0;
}

/** Wanders between the shelves: a few metres around the middle of the place, at a third of a walk. */
function linger({ city, random }: Walkers, walker: Walker, seconds: number): void {
  walker.stayLeft -= seconds;
  const home = city.walkGraph.doors[walker.placeId]?.inside ?? walker.at;
  const pull = Math.min(1, seconds / 20);
  const stepM = 0.4 * Math.sqrt(seconds);
  walker.speedMps = 0.3;
  walker.at = [
    walker.at[0] + (home[0] - walker.at[0]) * pull + stepM * random.normal(),
    walker.at[1] + (home[1] - walker.at[1]) * pull + stepM * random.normal(),
  ];
}

function setOff(walkers: Walkers, walker: Walker): void {
  const from = walkers.city.walkGraph.doors[walker.placeId];
  const goal = chooseGoal(walkers, walker);
  walker.path = [...(from ? [from.door] : []), ...walkers.routes(from?.node ?? 0, goal)];
  walker.placeId = goal;
  walker.isInside = false;
}

/** People go where they like to go, rather near than far, and not where they are. */
function chooseGoal({ city, random, places }: Walkers, walker: Walker): string {
  const from = city.walkGraph.doors[walker.placeId]?.door;
  return random.weighted([...places.values()], ({ placeId, tags }) => {
    if (placeId === walker.placeId) return 0;
    const door = city.walkGraph.doors[placeId]?.door;
    const near = from && door ? Math.exp(-distance(from, door) / 380) : 1;
    const taste = tags.includes(walker.favourite) ? 4 : tags.includes('store') || tags.includes('mall') ? 1.2 : 0.8;
    return near * taste;
  }).placeId;
}

/** Seconds of a visit at normal speed: a station is passed through, a shop takes 5 to 15 minutes. */
function stayOf({ places, random }: Walkers, { placeId }: Walker): number {
  const tags = places.get(placeId)?.tags ?? [];
  if (tags.includes('transit')) return random.between(60, 240);
  return random.between(300, 900);
}
