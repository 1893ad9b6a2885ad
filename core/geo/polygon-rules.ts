import { type Contact, findContact } from './ring-contacts.ts';
import { encirclesPole, type Ring, ringAreaM2, ringContains, unwrapPolygon } from './rings.ts';

/** What is wrong, and where: a JSON pointer (RFC 6901) from the place. */
export type Problem = { pointer: string; message: string };

/** A ring without repeated points, and where each of its points stood in the input. */
type CleanRing = { positions: number[][]; origins: number[] };

export type CheckedPolygon = { ok: true; rings: number[][][]; areaM2: number } | { ok: false; problems: Problem[] };

/**
 * The rules for one polygon whose positions have been read and rounded: rings closed, of three corners or more, round
 * no pole, without spikes; no ring touches itself or another; holes inside the exterior and not inside each other.
 * Rings come out in the directions of RFC 7946.
 */
export function checkPolygon(input: readonly number[][][], pointer: string): CheckedPolygon {
  const clean = input.map(dropRepeats);
  const shapeProblems = clean.flatMap((ring, r) => ringProblems(ring, `${pointer}/${r}`));
  if (shapeProblems.length > 0) return { ok: false, problems: shapeProblems };

  const rings = unwrapPolygon(clean.map(({ positions }) => positions));
  const pole = rings.findIndex(encirclesPole);
  if (pole >= 0) return refuse(`${pointer}/${pole}`, `ring ${pole} runs round a pole: draw a circle, or cut it`);
  const contact = findContact(rings);
  if (contact) return refuse(contactPointer(contact, pointer), describe(contact, clean));
  const misplaced = misplacedHole(rings);
  if (misplaced) return refuse(`${pointer}/${misplaced.hole}`, misplaced.message);

  const areas = rings.map(ringAreaM2);
  const areaM2 = areas.reduce((sum, area, r) => sum + (r === 0 ? 1 : -1) * Math.abs(area), 0);
  return {
    ok: true,
    areaM2,
    rings: clean.map(({ positions }, r) => {
      const counterClockwise = (areas[r] ?? 0) > 0;
      return counterClockwise === (r === 0) ? positions : positions.toReversed();
    }),
  };
}

function refuse(pointer: string, message: string): CheckedPolygon {
  return { ok: false, problems: [{ pointer, message }] };
}

/** Points that follow on themselves come from rounding, and say nothing. */
function dropRepeats(positions: readonly number[][]): CleanRing {
  const clean: CleanRing = { positions: [], origins: [] };
  positions.forEach((position, i) => {
    const last = clean.positions.at(-1);
    if (last && samePosition(last, position)) return;
    clean.positions.push(position);
    clean.origins.push(i);
  });
  return clean;
}

function ringProblems({ positions }: CleanRing, pointer: string): Problem[] {
  const first = positions[0];
  const last = positions.at(-1);
  if (first && last && positions.length > 1 && !samePosition(first, last)) {
    return [{ pointer, message: 'is not closed: its last position must repeat its first' }];
  }
  if (positions.length < 4)
    return [{ pointer, message: 'needs at least 4 positions: three different ones and the first again' }];
  return [];
}

/** -180 and 180 are one meridian, as for `unwrapRing`. */
function samePosition(a: readonly number[], b: readonly number[]): boolean {
  return a[1] === b[1] && (a[0] === b[0] || Math.abs((a[0] ?? 0) - (b[0] ?? 0)) === 360);
}

/** Rings that do not touch are wholly inside or outside one another, so one point of each decides. */
function misplacedHole(rings: readonly Ring[]): { hole: number; message: string } | undefined {
  const holds = (outer: number, inner: number): boolean => {
    const [ring, hole] = [rings[outer], rings[inner]];
    return !!ring && !!hole && ringContains(ring, hole[0] ?? 0, hole[1] ?? 0);
  };
  for (let hole = 1; hole < rings.length; hole++) {
    if (!holds(0, hole)) return { hole, message: `ring ${hole} is a hole outside its exterior ring` };
    for (let other = 1; other < rings.length; other++) {
      if (other !== hole && holds(other, hole)) return { hole, message: `ring ${hole} is a hole within hole ${other}` };
    }
  }
  return undefined;
}

function contactPointer(contact: Contact, pointer: string): string {
  return `${pointer}/${contact.a.ring}`;
}

/** Names the rings, the points of the input between which it happens, and the spot. */
function describe({ kind, a, b, lng, lat }: Contact, clean: readonly CleanRing[]): string {
  const origin = ({ ring, edge }: Contact['a']) => clean[ring]?.origins[edge] ?? edge;
  const spot = `[${wrapped(lng)}, ${lat.toFixed(7)}]`;
  if (kind === 'spike') return `ring ${a.ring} has a spike at point ${origin(a)}, ${spot}: it turns straight back`;
  const edges = `the edge from point ${origin(a)} and the edge from point ${origin(b)}`;
  if (a.ring === b.ring) return `ring ${a.ring} crosses or touches itself at ${spot}: ${edges}`;
  return `ring ${a.ring} crosses or touches ring ${b.ring} at ${spot}: ${edges}`;
}

function wrapped(lng: number): string {
  return (lng > 180 ? lng - 360 : lng).toFixed(7);
}
