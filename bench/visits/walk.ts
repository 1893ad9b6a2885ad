import type { Random } from '#local/random.ts';
import { isWithin, type Shop, type Spot, type Street, spotBefore, spotIn } from './street.ts';

/** Where somebody really is, second by second, and whether they are indoors. */
export type Walk = { spots: Spot[]; indoors: boolean[] };
/** Somebody really in a shop: seconds since the walk began, half-open. */
export type TrueVisit = { placeId: string; from: number; to: number };

/** One stay ends and the next begins: somebody who steps out for less has not left. */
const ONE_VISIT_SECONDS = 60;

/** What people do between shops. `table`: they lie a phone down beside a fence, outside, for most of the time. */
export type Habit = 'town' | 'table';

/** Some two hours of one person's life. */
export function walk(street: Street, habit: Habit, random: Random): Walk {
  const made: Walk = { spots: [spotBefore(random.pick(street.shops), 60, random)], indoors: [false] };
  while (made.spots.length < 7200) {
    const shop = random.pick(street.shops);
    const draw = random.next();
    if (habit === 'table' ? draw < 0.35 : draw < 0.6) visit(made, shop, random);
    else if (habit === 'table') lie(made, shop, random);
    else pass(made, shop, random);
  }
  return made;
}

function visit(made: Walk, shop: Shop, random: Random): void {
  go(made, spotIn(shop, random), speed(random));
  // From a look to a dinner: 1 to 60 minutes, as often up to 8 as beyond.
  const end = made.spots.length + 60 * 60 ** random.next();
  while (made.spots.length < end) {
    if (random.chance(0.5)) go(made, spotIn(shop, random), 0.5, true);
    else stay(made, random.int(20, 240), true);
  }
}

/** Along the street, by the door. */
function pass(made: Walk, shop: Shop, random: Random): void {
  const outM = random.between(5, 50);
  go(made, spotBefore(shop, outM, random), speed(random));
  if (random.chance(0.3)) stay(made, random.int(10, 120), false);
}

function lie(made: Walk, shop: Shop, random: Random): void {
  go(made, spotBefore(shop, random.between(15, 40), random), speed(random));
  stay(made, random.int(1200, 3600), true);
}

/** On foot, or now and then by car. */
const speed = (random: Random): number => (random.chance(0.8) ? random.between(1, 1.7) : random.between(7, 14));

function go(made: Walk, to: Spot, metresPerSecond: number, indoors = false): void {
  const from = made.spots.at(-1) as Spot;
  const seconds = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / metresPerSecond);
  for (let second = 1; second <= seconds; second += 1) {
    const share = second / seconds;
    made.spots.push({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share });
    made.indoors.push(indoors);
  }
}

function stay(made: Walk, seconds: number, indoors: boolean): void {
  const at = made.spots.at(-1) as Spot;
  for (let second = 0; second < seconds; second += 1) {
    made.spots.push(at);
    made.indoors.push(indoors);
  }
}

/** Every stay in every shop, of any length: what there is to find. */
export function trueVisits({ shops }: Street, { spots }: Walk): TrueVisit[] {
  return shops.flatMap((shop) => {
    const visits: TrueVisit[] = [];
    spots.forEach((spot, second) => {
      if (!isWithin(shop, spot)) return;
      const last = visits.at(-1);
      if (last && second - last.to < ONE_VISIT_SECONDS) last.to = second + 1;
      else visits.push({ placeId: shop.placeId, from: second, to: second + 1 });
    });
    return visits;
  });
}
