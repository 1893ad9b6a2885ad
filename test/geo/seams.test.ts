import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { normalisePlaceGeometry } from '#core/geo/validate.ts';
import { aPlace } from './build.ts';
import { createTreeIndex } from './tree-index.ts';

const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
const folded = (lng: number): number => rounded(lng > 180 ? lng - 360 : lng < -180 ? lng + 360 : lng);

/** Where the grid of cells has seams: the antimeridian, the poles, and the latitudes at which cells are widened. */
const west = fc.constantFrom(-180, -179.9999999, -179.5, -90, 0, 89.5, 179, 179.5, 179.9999999, 180);
const south = fc.constantFrom(-90, -89.9, -60, -17, 0, 59.9, 60, 75.5, 82.9, 89, 89.9999999);
/** From one unit over a cell of the finest level to hundreds of kilometres. */
const size = fc.constantFrom(0.0000001, 0.0005, 0.0008192, 0.01, 0.5, 1, 3);
const share = fc.double({ min: -0.5, max: 1.5, noNaN: true });
const CORNERS = [
  [0, 0],
  [1, 1],
  [0, 1],
  [1, 0],
  [0.5, 0],
  [0, 0.5],
];

test('a rectangle on a seam has the points, the edges and the corners that the tree of boxes says', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      west,
      south,
      size,
      size,
      fc.array(fc.tuple(share, share), { maxLength: 10 }),
      (w, s, dx, dy, points) => {
        const [e, n] = [folded(w + dx), rounded(Math.min(90, s + dy))];
        const ring = [
          [w, s],
          [e, s],
          [e, n],
          [w, n],
          [w, s],
        ];
        const found = normalisePlaceGeometry({ geometry: { type: 'Polygon', coordinates: [ring] } });
        if (!found.ok) return;
        taken += 1;
        const place = aPlace({ placeId: 'p', geometry: found.geometry });
        const [cells, tree] = [createPlaceIndex([place]), createTreeIndex([place])];
        for (const [x = 0, y = 0] of [...points, ...CORNERS]) {
          const [lng, lat] = [folded(w + x * dx), rounded(Math.max(-90, Math.min(90, s + y * dy)))];
          expect([lng, lat, cells.containing(lng, lat).length]).toEqual([lng, lat, tree.containing(lng, lat).length]);
        }
      },
    ),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(1000);
});
