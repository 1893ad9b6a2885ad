import type { Random } from '#local/random.ts';

export type Ring = number[][];

const DEGREE_M = 111_195;

/** A ring about a point, closed, that crosses itself nowhere: its corners lie in order of their angle. Metres. */
export function star(
  random: Random,
  { lng, lat }: { lng: number; lat: number },
  { sizeM, corners }: { sizeM: number; corners: number },
): Ring {
  const ring = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * (i + random.between(0.1, 0.9))) / corners;
    const reachM = sizeM * random.between(0.5, 1);
    return at({ lng, lat }, reachM * Math.cos(angle), reachM * Math.sin(angle));
  });
  return closed(ring);
}

/** Some metres east and north of a point, folded into the range of longitudes. */
export function at({ lng, lat }: { lng: number; lat: number }, eastM: number, northM: number): number[] {
  const x = lng + eastM / DEGREE_M / Math.cos((lat * Math.PI) / 180);
  return [x > 180 ? x - 360 : x < -180 ? x + 360 : x, lat + northM / DEGREE_M];
}

export const closed = (ring: Ring): Ring => [...ring, [...(ring[0] ?? [])]];

export const square = (centre: { lng: number; lat: number }, halfM: number): Ring =>
  closed([at(centre, -halfM, -halfM), at(centre, halfM, -halfM), at(centre, halfM, halfM), at(centre, -halfM, halfM)]);

/** Where people live; sometimes at the antimeridian, sometimes near a pole. */
export function somewhere(random: Random): { lng: number; lat: number } {
  return {
    lng: random.chance(0.15) ? random.pick([179.999, -179.9995, 180]) : random.between(-179, 179),
    lat: random.chance(0.1) ? random.pick([-1, 1]) * random.between(80, 89) : random.between(-60, 70),
  };
}
