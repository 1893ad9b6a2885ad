import type { Geometry, Place, Screen } from '#core/model/place.ts';
import { ARCADE_SHOPS, CHAINS, type ChainSpec, GALLERIA_SHOPS, LOBBIES, METRO, OPEN_HOURS } from './city-names.ts';
import { type Block, bendRing, type Lot, lotsOf, type Plan, rectangle, warp } from './city-plan.ts';
import { distance, type LngLat, type XY } from './plane.ts';
import type { Random } from './random.ts';

/** A place on its site: where its door is and a point well inside, both in metres. */
export type SitedPlace = { place: Place; door: XY; inside: XY };
export type Siting = { sited: SitedPlace[]; screens: Screen[]; houses: XY[][] };

type Site = { geometry: Geometry; radiusM?: number; door: XY; inside: XY };
type Naming = { placeId: string; name: string; tags: readonly string[]; hours?: keyof typeof OPEN_HOURS };
type Tools = { plan: Plan; random: Random; timeZone: string; toLngLat: (point: XY) => LngLat };

/** Gives every shop, mall, lobby, kiosk and station its plot; what is left over of the lots becomes plain houses. */
export function sitePlaces(tools: Tools): Siting {
  const { plan, random } = tools;
  const put = (
    { placeId, name, tags, hours = 'allDay' }: Naming,
    { geometry, radiusM, door, inside }: Site,
  ): SitedPlace => ({
    place: {
      placeId,
      name,
      timeZone: tools.timeZone,
      geometry,
      ...(radiusM === undefined ? {} : { radiusM }),
      tags: [...tags],
      openingHours: { ...OPEN_HOURS[hours] },
      detection: 'confirmed',
    },
    door,
    inside,
  });

  const lots = random.shuffle(
    plan.blocks.filter(({ use }) => use === 'lots').flatMap((block) => lotsOf(block, random)),
  );
  const sited: SitedPlace[] = [];
  const taken = new Set<Lot>();
  for (const chain of CHAINS) {
    const spots: XY[] = [];
    const streets = new Set<string>();
    for (let branch = 0; branch < chain.branches; branch += 1) {
      // A chain has one branch in a street, so that the street can name it.
      const lot = farthestLot(
        lots.filter((one) => !taken.has(one) && !streets.has(addressOf(one, plan).key)),
        spots,
      );
      taken.add(lot);
      streets.add(addressOf(lot, plan).key);
      spots.push(middleOf(lot));
      const kiosk = branch < (chain.kiosks ?? 0);
      const site = kiosk ? kioskSite(lot, tools) : lotSite(lot, random.chance(0.3), tools);
      sited.push(put(branchNaming(chain, branch, lot, plan), site));
    }
  }
  for (const block of plan.blocks) {
    if (block.use === 'mall') sited.push(...galleria(block, put, tools));
    if (block.use === 'wings') sited.push(...arcade(block, put, tools));
  }
  const towers = plan.blocks.filter(({ use }) => use === 'towers').flatMap((block) => towerSites(block, tools));
  LOBBIES.forEach((naming, index) => {
    const site = towers[index];
    if (site) sited.push(put(naming, site));
  });
  METRO.forEach((naming) => {
    const column = plan.columns[naming.column];
    const row = plan.rows[naming.row];
    if (column && row)
      sited.push(
        put(naming, circleSite(warp([column.at + 15, row.at + (naming.row === 0 ? -34 : 14)]), naming.radiusM, tools)),
      );
  });

  const houses = [
    ...lots.filter((lot) => !taken.has(lot)).map((lot) => bendRing(lotOutline(lot, false))),
    ...towers.slice(LOBBIES.length).map(({ ring }) => ring),
  ];
  return { sited, screens: screensFor(sited), houses };
}

/** The free lot that is farthest from the spots already chosen: branches of a chain spread over the city. */
function farthestLot(lots: readonly Lot[], spots: readonly XY[]): Lot {
  const gap = (lot: Lot) => Math.min(...spots.map((spot) => distance(spot, middleOf(lot))), 520);
  return lots.reduce((best, lot) => (gap(lot) > gap(best) ? lot : best));
}

const middleOf = (lot: Lot): XY => [(lot.west + lot.east) / 2, (lot.south + lot.north) / 2];

/** `Harbour Dairy Canton Row 海港乳品广行店`: the brand and the street it stands on, in both languages. */
function branchNaming(chain: ChainSpec, branch: number, lot: Lot, plan: Plan): Naming {
  const { english, chinese } = addressOf(lot, plan);
  const name =
    chain.branches === 1 ? `${chain.name} ${chain.chinese}` : `${chain.name} ${english} ${chain.chinese}${chinese}店`;
  return {
    placeId: `${chain.id}-${branch + 1}`,
    name,
    tags: chain.tags,
    ...(chain.hours ? { hours: chain.hours } : {}),
  };
}

/** The street that a lot faces, and on which side of the river: `High Street East`, `大街东`. */
function addressOf(lot: Lot, plan: Plan): { key: string; english: string; chinese: string } {
  const street = plan.rows[lot.block.row + (lot.faces === 'north' ? 1 : 0)]?.name ?? '';
  const at = street.lastIndexOf(' ');
  const isEast = lot.block.column > plan.riverAfter;
  const english = `${street.slice(0, at)}${isEast ? ' East' : ''}`;
  return { key: english, english, chinese: `${street.slice(at + 1)}${isEast ? '东' : ''}` };
}

/** A shop's outline in the plan, counter-clockwise: its lot, or an L with a yard cut out at the back. */
function lotOutline({ west, east, south, north, faces }: Lot, isL: boolean): XY[] {
  if (!isL) return rectangle(west, south, east, north);
  const cut = west + (east - west) * 0.58;
  const depth = (north - south) * 0.45;
  return faces === 'south'
    ? [
        [west, south],
        [east, south],
        [east, north - depth],
        [cut, north - depth],
        [cut, north],
        [west, north],
      ]
    : [
        [west, south],
        [cut, south],
        [cut, south + depth],
        [east, south + depth],
        [east, north],
        [west, north],
      ];
}

function lotSite(lot: Lot, isL: boolean, { toLngLat }: Tools): Site {
  const front = lot.faces === 'south' ? lot.south : lot.north;
  const inward = lot.faces === 'south' ? 1 : -1;
  const u = lot.west + (lot.east - lot.west) * 0.45;
  return {
    geometry: { type: 'Polygon', coordinates: [bendRing(lotOutline(lot, isL)).map(toLngLat)] },
    door: warp([u, front]),
    inside: warp([u, front + inward * (lot.north - lot.south) * 0.4]),
  };
}

const kioskSite = (lot: Lot, tools: Tools): Site =>
  circleSite(warp([(lot.west + lot.east) / 2, lot.faces === 'south' ? lot.south + 6 : lot.north - 6]), 18, tools);

function circleSite(center: XY, radiusM: number, { toLngLat }: Tools): Site {
  return { geometry: { type: 'Point', coordinates: toLngLat(center) }, radiusM, door: center, inside: center };
}

type Put = (naming: Naming, site: Site) => SitedPlace;

/** A mall around a court that is not part of it (a polygon with a hole), and two shops within. */
function galleria(block: Block, put: Put, tools: Tools): SitedPlace[] {
  const { west, east, south, north } = block;
  const hole = {
    west: west + 0.36 * (east - west),
    east: east - 0.36 * (east - west),
    south: south + 42,
    north: north - 42,
  };
  // RFC 7946: holes run clockwise.
  const ring = bendRing([...rectangle(hole.west, hole.south, hole.east, hole.north)].reverse());
  const rings = [bendRing(rectangle(west + 4, south + 4, east - 4, north - 4)), ring];
  const shops = GALLERIA_SHOPS.map((naming, index) => {
    const left = index === 0 ? west + 7 : hole.east + 4;
    const right = index === 0 ? hole.west - 4 : east - 7;
    return put(naming, boxSite([left, south + 24, right, north - 24], [(left + right) / 2, north], tools));
  });
  const mall: Site = {
    geometry: { type: 'Polygon', coordinates: rings.map((one) => one.map(tools.toLngLat)) },
    door: warp([(west + east) / 2, south + 4]),
    inside: warp([(west + east) / 2, south + 24]),
  };
  return [put({ placeId: 'galleria', name: 'Ropewalk Galleria 绳道广场', tags: ['mall'] }, mall), ...shops];
}

/** A mall of two wings with a street between them (a MultiPolygon); shops and the clinic lie inside the wings. */
function arcade(block: Block, put: Put, tools: Tools): SitedPlace[] {
  const { west, east, south, north } = block;
  const middle = (west + east) / 2;
  const wing = (from: number, to: number) => [bendRing(rectangle(from, south + 4, to, north - 4)).map(tools.toLngLat)];
  const mall: Site = {
    geometry: { type: 'MultiPolygon', coordinates: [wing(west + 4, middle - 9), wing(middle + 9, east - 4)] },
    door: warp([middle - 12, south + 4]),
    inside: warp([middle - 30, (south + north) / 2]),
  };
  const shops = ARCADE_SHOPS.map((naming) => {
    const left = naming.wing === 'west' ? west + 8 : middle + 12;
    const right = naming.wing === 'west' ? middle - 13 : east - 8;
    const [bottom, top] = naming.end === 'south' ? [south + 7, south + 47] : [north - 47, north - 7];
    return put(
      naming,
      boxSite([left, bottom, right, top], [(left + right) / 2, naming.end === 'south' ? south : north], tools),
    );
  });
  return [put({ placeId: 'mint-arcade', name: 'Mint Arcade 薄荷天地', tags: ['mall'] }, mall), ...shops];
}

function boxSite([west, south, east, north]: [number, number, number, number], door: XY, { toLngLat }: Tools): Site {
  return {
    geometry: { type: 'Polygon', coordinates: [bendRing(rectangle(west, south, east, north)).map(toLngLat)] },
    door: warp(door),
    inside: warp([(west + east) / 2, (south + north) / 2]),
  };
}

/** Four towers on a block; the lobby is the tower's ground floor. */
function towerSites(block: Block, tools: Tools): (Site & { ring: XY[] })[] {
  const { west, east, south, north } = block;
  return [0, 1, 2, 3].map((index) => {
    const left = index % 2 === 0 ? west + 7 : (west + east) / 2 + 7;
    const bottom = index < 2 ? south + 6 : (south + north) / 2 + 5;
    const box: [number, number, number, number] = [
      left,
      bottom,
      left + (east - west) / 2 - 14,
      bottom + (north - south) / 2 - 11,
    ];
    const door: XY = [(box[0] + box[2]) / 2, index < 2 ? box[1] : box[3]];
    return { ...boxSite(box, door, tools), ring: bendRing(rectangle(...box)) };
  });
}

/** A screen in every lobby and mall, two in the malls; each with an NFC tag and a printed code beside it. */
function screensFor(sited: readonly SitedPlace[]): Screen[] {
  return sited
    .filter(({ place }) => place.tags.includes('lobby') || place.tags.includes('mall'))
    .flatMap(({ place }) => {
      const count = place.tags.includes('mall') ? 2 : 1;
      return Array.from({ length: count }, (_, index) => {
        const screenId = `screen-${place.placeId}-${index + 1}`;
        const where = index === 0 ? 'entrance 入口' : 'lifts 电梯厅';
        return {
          screenId,
          name: `${place.name} · ${where}`,
          placeId: place.placeId,
          tagIds: [`nfc-${place.placeId}-${index + 1}`, `qr-${place.placeId}-${index + 1}`],
        };
      });
    });
}
