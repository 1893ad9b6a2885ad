import { between, type XY } from './plane.ts';
import type { Random } from './random.ts';

/**
 * The drawing board of the demo city: a rectangular plan in metres, bent by `warp` so that streets curve. Columns run
 * west to east, rows south (the harbour) to north. One gap between two columns is the river.
 */
export type Plan = {
  /** Centre lines of the north-south streets, west to east. */
  columns: { at: number; name: string; widthM: number }[];
  /** Centre lines of the east-west streets, south to north. */
  rows: { at: number; name: string; widthM: number; bridge: boolean }[];
  /** The river runs between columns `riverAfter` and `riverAfter + 1`. */
  riverAfter: number;
  blocks: Block[];
};

/** A block between streets, in plan metres; `column` and `row` count from the south-west. */
export type Block = {
  column: number;
  row: number;
  west: number;
  south: number;
  east: number;
  north: number;
  use: 'lots' | 'park' | 'mall' | 'wings' | 'towers';
};

/** A piece of frontage inside a block of lots, facing the street to its north or south. */
export type Lot = { block: Block; west: number; east: number; south: number; north: number; faces: 'north' | 'south' };

const COLUMN_NAMES = [
  'Gull Lane 鸥巷',
  'Lantern Street 灯笼街',
  'Ropewalk 绳道',
  'West Bank 西岸路',
  'East Bank 东岸路',
  'Osmanthus Road 桂花路',
  'Mint Street 薄荷街',
  'Signal Hill 信号山路',
];
const ROW_NAMES = [
  'Harbour Front 海港路',
  'Fishmarket Street 鱼市街',
  'Canton Row 广行',
  'High Street 大街',
  'Orchard Road 果园路',
  'Terrace Road 台地路',
];
const RIVER_AFTER = 3;
const RIVER_GAP_M = 104;
const LOT_DEPTH_M = 42;

/** The gentle bend of the grid: both waves are far longer than a block, so that rectangles stay nearly rectangles. */
export function warp([u, v]: XY): XY {
  return [u + 46 * Math.sin(v / 310 + 0.5) + 0.04 * v, v + 34 * Math.sin(u / 420 - 0.7) - 0.03 * u];
}

/** A straight line of the plan as a bent polyline, one vertex about every `stepM` metres. */
export function bend(from: XY, to: XY, stepM = 20): XY[] {
  const count = Math.max(1, Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]) / stepM));
  return Array.from({ length: count + 1 }, (_, index) => warp(between(from, to, index / count)));
}

/** A closed ring through plan corners, bent edge by edge, counter-clockwise when the corners are. */
export function bendRing(corners: readonly XY[], stepM = 20): XY[] {
  const ring = corners.flatMap((corner, index) =>
    bend(corner, corners[(index + 1) % corners.length] as XY, stepM).slice(0, -1),
  );
  return [...ring, ring[0] as XY];
}

export function rectangle(west: number, south: number, east: number, north: number): XY[] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ];
}

/** Streets and blocks, with widths drawn from `random`. */
export function drawPlan(random: Random): Plan {
  const columns = lines(COLUMN_NAMES, (index) => (index === RIVER_AFTER ? RIVER_GAP_M : random.between(138, 176)));
  const rows = lines(ROW_NAMES, () => random.between(116, 140));
  const plan: Plan = {
    columns: columns.map(({ at, name }, index) => ({ at, name, widthM: index === 1 || index === 5 ? 17 : 12 })),
    rows: rows.map(({ at, name }, index) => ({
      at,
      name,
      widthM: index === 0 || index === 3 ? 19 : 12,
      bridge: index === 0 || index === 2 || index === 3 || index === 5,
    })),
    riverAfter: RIVER_AFTER,
    blocks: [],
  };
  for (let column = 0; column + 1 < columns.length; column += 1) {
    if (column === RIVER_AFTER) continue;
    for (let row = 0; row + 1 < rows.length; row += 1) plan.blocks.push(blockAt(plan, column, row));
  }
  return plan;
}

function lines(names: readonly string[], gapAfter: (index: number) => number): { at: number; name: string }[] {
  let at = 0;
  const result = names.map((name, index) => {
    const line = { at, name };
    at += gapAfter(index);
    return line;
  });
  const middle = (result[result.length - 1]?.at ?? 0) / 2;
  return result.map((line) => ({ ...line, at: line.at - middle }));
}

function blockAt({ columns, rows }: Plan, column: number, row: number): Block {
  const [left, right] = [columns[column], columns[column + 1]];
  const [below, above] = [rows[row], rows[row + 1]];
  if (!left || !right || !below || !above) throw new RangeError('no such block');
  return {
    column,
    row,
    west: left.at + left.widthM / 2,
    east: right.at - right.widthM / 2,
    south: below.at + below.widthM / 2,
    north: above.at - above.widthM / 2,
    use: purposeOf(column, row),
  };
}

/** The few blocks that are not shops and houses: where they lie gives the city its places to be. */
function purposeOf(column: number, row: number): Block['use'] {
  if (column === 2 && row >= 3) return 'park';
  if (column === 1 && row === 2) return 'mall';
  if (column === 5 && row === 1) return 'wings';
  if ((column === 4 && row === 2) || (column === 2 && row === 1)) return 'towers';
  return 'lots';
}

/** The frontages of a block of lots: two rows, back to back, with yards between them. */
export function lotsOf(block: Block, random: Random): Lot[] {
  const lots: Lot[] = [];
  for (const faces of ['south', 'north'] as const) {
    const widths = splitFrontage(block.east - block.west - 8, random);
    let west = block.west + 4;
    for (const width of widths) {
      const depth = LOT_DEPTH_M - random.between(0, 6);
      const south = faces === 'south' ? block.south + 3 : block.north - 3 - depth;
      lots.push({ block, west, east: west + width - 3, south, north: south + depth, faces });
      west += width;
    }
  }
  return lots;
}

/** Cuts a frontage into three to four lots of unequal width. */
function splitFrontage(totalM: number, random: Random): number[] {
  const count = totalM > 150 ? 4 : 3;
  const shares = Array.from({ length: count }, () => random.between(0.75, 1.3));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => (share / sum) * totalM);
}
