import { unwrapPolygon } from '../rings.ts';

export type Positions = number[][];
export type Cut = { ok: true; polygons: Positions[][] } | { ok: false; reason: string };

/**
 * A polygon in pieces of which none crosses the antimeridian, for who cannot read one that does (RFC 7946 section
 * 3.1.9). A place is whole on either side of the cut; a point on the very meridian may be in neither or both.
 *
 * It is cut only where that is one cut: its exterior crosses twice, and no hole crosses. Any other would have to be put
 * together anew from its edges, and no place has been seen that needs it.
 */
export function cutAtAntimeridian(rings: readonly Positions[]): Cut {
  const [exterior, ...holes] = unwrapPolygon(rings).map(positionsOf);
  if (!exterior) return { ok: true, polygons: [] };
  const west = Math.min(...exterior.map(lngOf));
  const east = Math.max(...exterior.map(lngOf));
  if (east <= 180) return { ok: true, polygons: [rings.map((ring) => ring.map((position) => [...position]))] };
  // All of it lies beyond: only its longitudes were written so.
  if (west >= 180) return { ok: true, polygons: [[exterior, ...holes].map((ring) => ring.map(turnedBack))] };
  const halves = halvesOf(exterior);
  if (!halves) return { ok: false, reason: 'it crosses the antimeridian more than once' };
  const pieces = [halves.before, halves.beyond];
  const polygons = pieces.map((piece) => [piece]);
  for (const hole of holes) {
    const lngs = hole.map(lngOf);
    if (Math.min(...lngs) < 180 && Math.max(...lngs) > 180) {
      return { ok: false, reason: 'a hole of it crosses the antimeridian' };
    }
    const side = polygons[lngs.every((lng) => lng <= 180) ? 0 : 1];
    side?.push(hole);
  }
  return {
    ok: true,
    polygons: polygons.map((polygon, side) => (side === 0 ? polygon : polygon.map((ring) => ring.map(turnedBack)))),
  };
}

/** A closed ring that crosses 180 degrees exactly twice, as two closed rings of the same direction. */
function halvesOf(ring: Positions): { before: Positions; beyond: Positions } | undefined {
  const sides = ring.map((position) => Math.sign(lngOf(position) - 180)).filter((side) => side !== 0);
  const changes = sides.filter((side, i) => side !== sides[(i + 1) % sides.length]).length;
  if (changes !== 2) return undefined;
  const before: Positions = [];
  const beyond: Positions = [];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const from = ring[i] as number[]; // in bounds by the loop, as is the next
    const to = ring[i + 1] as number[];
    // A corner on the meridian is one of both.
    if (lngOf(from) <= 180) before.push(from);
    if (lngOf(from) >= 180) beyond.push(from);
    if ((lngOf(from) - 180) * (lngOf(to) - 180) < 0) {
      const at = crossingOf(from, to);
      before.push(at);
      beyond.push(at);
    }
  }
  return { before: closed(before), beyond: closed(beyond) };
}

/** To the 7 decimals that places have. */
function crossingOf([x0 = 0, y0 = 0]: number[], [x1 = 0, y1 = 0]: number[]): number[] {
  const lat = y0 + ((y1 - y0) * (180 - x0)) / (x1 - x0);
  return [180, Math.round(lat * 1e7) / 1e7];
}

const lngOf = ([lng = 0]: number[]): number => lng;
const closed = (ring: Positions): Positions => [...ring, [...(ring[0] ?? [])]];
/** `180 + 1e-7 - 360` is not a number of 7 decimals any more. */
const turnedBack = ([lng = 0, lat = 0]: number[]): number[] => [Math.round((lng - 360) * 1e7) / 1e7, lat];

function positionsOf(ring: Float64Array): Positions {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i] ?? 0, ring[2 * i + 1] ?? 0]);
}
