import { circleBoxes, DEGREE_M, foldLng } from '../sphere.ts';
import { type Bands, BLOCK_BITS, bandOf, bandsOf, X_SPAN, xOf, Y_SPAN, yOf } from './grid.ts';
import type { Located } from './located.ts';
import { boxOf, shapesOf, type UnitBox } from './shape.ts';

/**
 * Above some 20,000 places a catalogue is cut into tiles, each with an index of its own, so that a worker loads what it is
 * asked about and a change rebuilds what it touches. A tile is 2^20 units (11.7 km) of latitude and twice as many of
 * longitude: 23 km wide at the equator, 12 km at 60 degrees, from where tiles are widened as cells are.
 */
const TILE_BITS = 20;
/** Tiles begin and end with rows of `bandsOf`, so that a row has one width. */
const BANDS: Bands = bandsOf(TILE_BITS - BLOCK_BITS);
const COLUMNS = 2 ** 11;

/**
 * A tile also has the places that come within so many metres of it: one tile answers `near` up to that distance, which
 * is the exit margin of a fix of 150 m accuracy. For more, ask `tilesAround`.
 */
const TILE_MARGIN_M = 300;

/** A place that would lie in more tiles than these lies in `LARGE_TILE` only, which every question asks too. */
const MAX_TILES = 64;
export const LARGE_TILE = COLUMNS * COLUMNS;

/** The tile that answers `containing` of a point, and `near` within `TILE_MARGIN_M`; besides it ask `LARGE_TILE`. */
export function tileOf(lng: number, lat: number): number {
  const row = rowOf(yOf(lat));
  return row * COLUMNS + Math.floor(xOf(foldLng(lng)) / widthOf(row));
}

/** The tiles that together have every place within `withinM` metres of a point; a place may be in several of them. */
export function tilesAround(lng: number, lat: number, withinM: number): number[] {
  const reachM = Math.max(0, withinM - TILE_MARGIN_M);
  if (reachM === 0) return [tileOf(lng, lat)];
  const tiles = circleBoxes(foldLng(lng), lat, reachM).flatMap(({ west, east, south, north }) =>
    tilesOfBox({
      west: (west + 180) * (X_SPAN / 360),
      east: Math.min(X_SPAN - 1, (east + 180) * (X_SPAN / 360)),
      south: yOf(south),
      north: yOf(north),
    }),
  );
  return [...new Set(tiles)];
}

/** The tiles that have a place: where its box lies, with a margin; `[LARGE_TILE]` where those were too many. */
export function tilesOfPlace(place: Located): number[] {
  const tiles = new Set<number>();
  for (const shape of shapesOf(place).shapes) {
    const wide = widened(boxOf(shape));
    if (countOf(wide) > MAX_TILES) return [LARGE_TILE];
    for (const tile of tilesOfBox(wide)) tiles.add(tile);
    if (tiles.size > MAX_TILES) return [LARGE_TILE];
  }
  return [...tiles];
}

function widened({ west, east, south, north }: UnitBox): UnitBox {
  const margin = (TILE_MARGIN_M / DEGREE_M) * (X_SPAN / 360);
  const [low, high] = [Math.max(0, south - margin), Math.min(Y_SPAN, north + margin)];
  // By the parallel that is nearest to a pole, where a metre has the most units; at the pole itself, all round.
  const nearest = Math.max(Math.abs(low - Y_SPAN / 2), Math.abs(high - Y_SPAN / 2));
  const aside = margin / Math.max(1e-9, Math.cos((nearest / Y_SPAN) * Math.PI));
  if (east - west + 2 * aside >= X_SPAN) return { west: 0, east: X_SPAN - 1, south: low, north: high };
  return { west: west - aside, east: east + aside, south: low, north: high };
}

function countOf({ west, east, south, north }: UnitBox): number {
  const [first, last] = [rowOf(south), rowOf(north)];
  return (last - first + 1) * (Math.floor((east - west) / widthOf((first + last) >> 1)) + 1);
}

/** The box may reach beyond the antimeridian on either side. */
function tilesOfBox({ west, east, south, north }: UnitBox): number[] {
  const tiles: number[] = [];
  for (let row = rowOf(south); row <= rowOf(north); row += 1) {
    const width = widthOf(row);
    // The last column of a row is narrower, as widths do not divide the circle: columns are counted from the antimeridian.
    for (const [from, to] of pieces(west, east)) {
      for (let col = Math.floor(from / width); col <= Math.floor(to / width); col += 1) tiles.push(row * COLUMNS + col);
    }
  }
  return tiles;
}

function pieces(west: number, east: number): [number, number][] {
  if (west < 0)
    return [
      [west + X_SPAN, X_SPAN - 1],
      [0, east],
    ];
  if (east >= X_SPAN)
    return [
      [west, X_SPAN - 1],
      [0, east - X_SPAN],
    ];
  return [[west, east]];
}

const rowOf = (y: number): number => Math.floor(y / 2 ** TILE_BITS);
const widthOf = (row: number): number => 2 ** (TILE_BITS + 1 + bandOf(BANDS, row));
