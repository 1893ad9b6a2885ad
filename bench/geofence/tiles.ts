import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildCellIndex } from '#core/geo/cells/build.ts';
import { openCellIndex } from '#core/geo/cells/index.ts';
import { tileOf, tilesOfPlace } from '#core/geo/cells/tiles.ts';
import { median } from '../median.ts';
import type { Fence, Points } from './data.ts';

/** How many of the tiles that are asked about are built, read and opened. */
const SAMPLE = 50;

/**
 * Tiles as questions find them: each of the points names one, and so busy tiles come more often. `coldMs`: from a file that
 * the system has in memory to the first answer, without a compiler that has seen the code in that shape: what a worker pays
 * beyond fetching it.
 */
export function measureTiles(fences: readonly Fence[], points: Points) {
  const byTile = new Map<number, Fence[]>();
  for (const fence of fences) {
    for (const tile of tilesOfPlace(fence)) {
      const list = byTile.get(tile) ?? [];
      list.push(fence);
      byTile.set(tile, list);
    }
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'beckon-tiles-'));
  const figures = Array.from({ length: SAMPLE }, (_, sample) => {
    const at = Math.floor((sample * points.length) / 2 / SAMPLE) * 2;
    const [lng, lat] = [points[at] as number, points[at + 1] as number];
    const inTile = byTile.get(tileOf(lng, lat)) ?? [];
    const began = performance.now();
    const buffer = buildCellIndex(inTile);
    const rebuildMs = performance.now() - began;
    const file = path.join(folder, `${sample}.bin`);
    writeFileSync(file, new Uint8Array(buffer));
    const opened = performance.now();
    const bytes = readFileSync(file);
    openCellIndex(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)).containing(lng, lat);
    return { coldMs: performance.now() - opened, rebuildMs, bytes: buffer.byteLength, places: inTile.length };
  });
  rmSync(folder, { recursive: true });
  const middle = (name: keyof (typeof figures)[number]): number => median(figures.map((figure) => figure[name]));
  return {
    tiles: byTile.size,
    copiesOfPlace: [...byTile.values()].reduce((sum, list) => sum + list.length, 0) / fences.length,
    placesInTile: middle('places'),
    tileKb: middle('bytes') / 1024,
    largestKb: Math.max(...figures.map(({ bytes }) => bytes)) / 1024,
    coldTileMs: middle('coldMs'),
    slowestMs: Math.max(...figures.map(({ coldMs }) => coldMs)),
    rebuildMs: middle('rebuildMs'),
  };
}
