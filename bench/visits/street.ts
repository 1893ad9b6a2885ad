import type { Place } from '#core/model/place.ts';
import type { Random } from '#local/random.ts';

/** Metres east and north of the middle of town. */
export type Spot = { x: number; y: number };
/** A shop, as it is known exactly: a convex outline, by its corners. */
export type Shop = { placeId: string; middle: Spot; corners: readonly Spot[] };
export type Street = { places: Place[]; shops: Shop[] };

const MIDDLE = { lng: -122.335, lat: 47.608 };
const DEGREE_M = 111_195;
const LNG_M = DEGREE_M * Math.cos((MIDDLE.lat * Math.PI) / 180);
const HALF_TOWN_M = 900;
const SHOPS = 36;
const MALLS = 3;
/** Between one fence and the next, at least. */
const GAP_M = 5;
const SHOPS_IN_A_MALL = 4;
/** Of a circle; the truth is then off by at most 0.13 % of the radius. */
const CORNERS = 60;

export const degreesOf = ({ x, y }: Spot): [lng: number, lat: number] => [
  MIDDLE.lng + x / LNG_M,
  MIDDLE.lat + y / DEGREE_M,
];

/** A town of 1.8 km: shops of 30 to 90 m across the street and beside each other, and malls with shops within them. */
export function street(random: Random): Street {
  const shops: Shop[] = [];
  const places: Place[] = [];
  const add = (middle: Spot, radiusM: number): void => {
    const placeId = `s${shops.length}`;
    const common = {
      placeId,
      name: placeId,
      timeZone: 'America/Los_Angeles',
      tags: [],
      detection: 'confirmed',
    } as const;
    if (random.chance(0.5)) {
      const [lng, lat] = degreesOf(middle);
      places.push({ ...common, tags: [], geometry: { type: 'Point', coordinates: [lng, lat] }, radiusM });
      shops.push({ placeId, middle, corners: around(middle, CORNERS, () => radiusM) });
    } else {
      const turn = random.next() * Math.PI;
      const slant = random.between(Math.PI / 6, Math.PI / 4);
      const [long, short] = [radiusM * Math.cos(slant), radiusM * Math.sin(slant)];
      const corners = [
        [long, short],
        [-long, short],
        [-long, -short],
        [long, -short],
      ].map(([x = 0, y = 0]) => ({
        x: middle.x + x * Math.cos(turn) - y * Math.sin(turn),
        y: middle.y + x * Math.sin(turn) + y * Math.cos(turn),
      }));
      const ring = [...corners, corners[0] as Spot].map(degreesOf);
      places.push({ ...common, tags: [], geometry: { type: 'Polygon', coordinates: [ring] } });
      shops.push({ placeId, middle, corners });
    }
  };
  /** Shops lie beside each other, not in each other. */
  const taken: { middle: Spot; radiusM: number }[] = [];
  const room = (middle: Spot, reachM: number, radiusM: number): Spot => {
    for (;;) {
      const spot = { x: middle.x + random.between(-reachM, reachM), y: middle.y + random.between(-reachM, reachM) };
      if (taken.some((one) => distanceM(one.middle, spot) < one.radiusM + radiusM + GAP_M)) continue;
      taken.push({ middle: spot, radiusM });
      return spot;
    }
  };
  const town = { x: 0, y: 0 };
  const malls = Array.from({ length: MALLS }, () => {
    const radiusM = random.between(150, 190);
    return { radiusM, middle: room(town, HALF_TOWN_M, radiusM) };
  });
  for (let n = 0; n < SHOPS; n += 1) {
    const radiusM = random.between(30, 90);
    add(room(town, HALF_TOWN_M, radiusM), radiusM);
  }
  taken.length = 0;
  for (const { middle, radiusM } of malls) {
    add(middle, radiusM);
    for (let n = 0; n < SHOPS_IN_A_MALL; n += 1) {
      const shopM = random.between(30, 36);
      add(room(middle, 90, shopM), shopM);
    }
  }
  return { places, shops };
}

function around({ x, y }: Spot, corners: number, radius: () => number): Spot[] {
  return Array.from({ length: corners }, (_, n) => {
    const angle = (2 * Math.PI * n) / corners;
    return { x: x + radius() * Math.cos(angle), y: y + radius() * Math.sin(angle) };
  });
}

const distanceM = (a: Spot, b: Spot): number => Math.hypot(a.x - b.x, a.y - b.y);

/** Whether a spot is within a convex outline, whose corners go counter-clockwise. */
export function isWithin({ corners }: Shop, { x, y }: Spot): boolean {
  return corners.every((a, n) => {
    const b = corners[(n + 1) % corners.length] as Spot;
    return (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) >= 0;
  });
}

/** A spot in the shop, not at its very edge. */
export function spotIn(shop: Shop, random: Random): Spot {
  const corner = random.pick(shop.corners);
  const reach = random.next() * 0.75;
  return {
    x: shop.middle.x + (corner.x - shop.middle.x) * reach,
    y: shop.middle.y + (corner.y - shop.middle.y) * reach,
  };
}

/** A spot before the shop, `outM` metres outside of it. */
export function spotBefore(shop: Shop, outM: number, random: Random): Spot {
  const n = random.int(0, shop.corners.length - 1);
  const [a, b] = [shop.corners[n] as Spot, shop.corners[(n + 1) % shop.corners.length] as Spot];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const share = random.next();
  return {
    x: a.x + (b.x - a.x) * share + ((b.y - a.y) / length) * outM,
    y: a.y + (b.y - a.y) * share - ((b.x - a.x) / length) * outM,
  };
}
