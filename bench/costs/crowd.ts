import type { Place } from '#core/model/place.ts';
import type { Random } from '#local/random.ts';

const DEGREE_M = 111_195;
const [WEST, SOUTH] = [121.4, 31.2];
/** Edge of the town, in metres. */
const TOWN_M = 6000;
const SQUEEZE = Math.cos((SOUTH * Math.PI) / 180);

const at = (eastM: number, northM: number) => ({
  lng: WEST + eastM / DEGREE_M / SQUEEZE,
  lat: SOUTH + northM / DEGREE_M,
});
type Spot = { east: number; north: number };
const somewhere = (random: Random): Spot => ({ east: random.between(0, TOWN_M), north: random.between(0, TOWN_M) });

/** Shops of 30 to 100 m about a town, and where they are. */
export function shopsOf(random: Random, count: number): { places: Place[]; spots: Spot[] } {
  const spots = Array.from({ length: count }, () => somewhere(random));
  const places = spots.map(({ east, north }, i): Place => {
    const { lng, lat } = at(east, north);
    return {
      placeId: `shop-${i}`,
      name: `Shop ${i}`,
      timeZone: 'Asia/Shanghai',
      geometry: { type: 'Point', coordinates: [lng, lat] },
      radiusM: random.int(30, 100),
      tags: [],
      detection: 'confirmed',
    };
  });
  return { places, spots };
}

/** Somebody who walks to a shop, stays a while, walks on, or sits at home; where they are, every `cadenceS` seconds. */
export function createWalker(random: Random, { spots, cadenceS }: { spots: readonly Spot[]; cadenceS: number }) {
  let here = somewhere(random);
  let goal = here;
  let restS = random.between(0, 1800);
  return (): { lng: number; lat: number; accuracyM: number } => {
    const distance = Math.hypot(goal.east - here.east, goal.north - here.north);
    const strideM = 1.3 * cadenceS;
    if (restS > 0) restS -= cadenceS;
    else if (distance > strideM) {
      const share = strideM / distance;
      here = {
        east: here.east + (goal.east - here.east) * share,
        north: here.north + (goal.north - here.north) * share,
      };
    } else {
      here = goal;
      restS = random.between(300, 2400);
      goal = random.chance(0.3) ? somewhere(random) : random.pick(spots);
    }
    const accuracyM = random.int(4, 25);
    const noise = (): number => (random.normal() * accuracyM) / 1.51;
    return { ...at(here.east + noise(), here.north + noise()), accuracyM };
  };
}
