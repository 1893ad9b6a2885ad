import type { Place } from '#core/model/place.ts';
import { createRandom } from '#local/random.ts';

/** What the benchmark asks an index about: a place with nothing but its shape. */
export type Fence = Pick<Place, 'placeId' | 'geometry' | 'radiusM'>;
/** Longitude and latitude in turns. */
export type Points = Float64Array;

const METRES_PER_DEGREE = 111_195;
/** The seventh digit of a degree is a centimetre: what geometry is rounded to when it is accepted. */
const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;

/**
 * Fences and points as they lie in life: cities of very different size, in each a few dense quarters; half circles of 30
 * to 300 m, half stars of 8 to 60 corners of that size; points where the fences are. The same for the same seed.
 */
export function world(fences: number, points: number, seed: number): { fences: Fence[]; points: Points } {
  const random = createRandom(seed);
  const next = () => random.next();
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const cityCount = Math.max(4, Math.round(fences / 400));
  const cities = Array.from({ length: cityCount }, (_, rank) => ({
    lng: next() * 350 - 175,
    lat: next() * 115 - 50,
    weight: 1 / (rank + 3) ** 0.5,
    quarters: Array.from({ length: 5 }, () => [normal() * 0.03, normal() * 0.03] as const),
  }));
  const total = cities.reduce((sum, { weight }) => sum + weight, 0);
  const cumulative = new Float64Array(cities.length);
  cities.reduce((sum, { weight }, index) => {
    cumulative[index] = (sum + weight) / total;
    return sum + weight;
  }, 0);
  const cityAt = (share: number): number => {
    let [low, high] = [0, cities.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < share) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const somewhere = (): [lng: number, lat: number] => {
    const city = cities[cityAt(next())] as (typeof cities)[number];
    const quarter = city.quarters[Math.floor(next() * city.quarters.length)] ?? [0, 0];
    const spread = next() < 0.6 ? 0.004 : 0.03;
    return [city.lng + quarter[0] + normal() * spread, city.lat + quarter[1] + normal() * spread];
  };
  const made = Array.from({ length: fences }, (_, index): Fence => {
    const [lng, lat] = somewhere().map(rounded) as [number, number];
    const radiusM = 30 * 10 ** next();
    const placeId = `f${index}`;
    if (index % 2 === 0) return { placeId, geometry: { type: 'Point', coordinates: [lng, lat] }, radiusM };
    return { placeId, geometry: { type: 'Polygon', coordinates: [star(lng, lat, radiusM, next)] } };
  });
  const asked = new Float64Array(points * 2);
  for (let i = 0; i < asked.length; i += 2) asked.set(somewhere(), i);
  return { fences: made, points: asked };
}

function star(lng: number, lat: number, radiusM: number, next: () => number): number[][] {
  const corners = 8 + Math.floor(next() * 53);
  const narrow = Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    const reach = (radiusM * (0.55 + 0.45 * next())) / METRES_PER_DEGREE;
    return [rounded(lng + (reach * Math.cos(angle)) / narrow), rounded(lat + reach * Math.sin(angle))];
  });
  return [...ring, ring[0] as number[]];
}
