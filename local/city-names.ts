import type { PlaceInput } from '#core/model/place.ts';

type Hours = NonNullable<PlaceInput['openingHours']>;

const everyDay = (hours: string): Hours => ({
  mon: hours,
  tue: hours,
  wed: hours,
  thu: hours,
  fri: hours,
  sat: hours,
  sun: hours,
});

/** Most of the city never closes, so that the demo has something to show at any hour; some places do. */
export const OPEN_HOURS = {
  allDay: everyDay('00:00-24:00'),
  shop: everyDay('09:00-22:00'),
  night: everyDay('17:00-02:00'),
  office: { mon: '08:00-18:00', tue: '08:00-18:00', wed: '08:00-18:00', thu: '08:00-18:00', fri: '08:00-18:00' },
} satisfies Record<string, Hours>;

/** A chain and how many branches it has; the first `kiosks` of them are stalls on the pavement, drawn as circles. */
export type ChainSpec = {
  id: string;
  name: string;
  chinese: string;
  tags: readonly string[];
  branches: number;
  kiosks?: number;
  hours?: keyof typeof OPEN_HOURS;
};

export const CHAINS: readonly ChainSpec[] = [
  { id: 'dairy', name: 'Harbour Dairy', chinese: '海港乳品', tags: ['store', 'dairy'], branches: 4 },
  { id: 'fashion', name: 'Tide & Thread', chinese: '潮线服饰', tags: ['store', 'fashion'], branches: 3 },
  { id: 'coffee', name: 'Anchor Coffee', chinese: '锚点咖啡', tags: ['store', 'coffee'], branches: 5, kiosks: 2 },
  { id: 'market', name: 'Quayside Market', chinese: '码头超市', tags: ['store', 'grocery', 'dairy'], branches: 2 },
  { id: 'bakery', name: 'Lighthouse Bakery', chinese: '灯塔面包', tags: ['store', 'bakery'], branches: 2 },
  { id: 'tea', name: 'Mint Tea House', chinese: '薄荷茶馆', tags: ['tea'], branches: 2 },
  { id: 'beauty', name: 'Coral Beauty', chinese: '珊瑚美妆', tags: ['store', 'beauty'], branches: 2 },
  {
    id: 'books',
    name: 'Paper Lantern Books',
    chinese: '纸灯书店',
    tags: ['store', 'books'],
    branches: 1,
    hours: 'shop',
  },
  {
    id: 'sports',
    name: 'Northwind Sports',
    chinese: '北风运动',
    tags: ['store', 'sports'],
    branches: 1,
    hours: 'shop',
  },
  { id: 'toys', name: 'Little Whale Toys', chinese: '小鲸玩具', tags: ['store', 'toys'], branches: 1, hours: 'shop' },
  { id: 'kite', name: 'Kite Electronics', chinese: '纸鸢数码', tags: ['store', 'electronics'], branches: 1 },
  { id: 'noodles', name: 'Dockside Noodles', chinese: '船坞面馆', tags: ['food'], branches: 1, hours: 'night' },
];

type Naming = { placeId: string; name: string; tags: readonly string[]; hours?: keyof typeof OPEN_HOURS };

export const GALLERIA_SHOPS: readonly Naming[] = [
  { placeId: 'fashion-galleria', name: 'Tide & Thread Galleria 潮线服饰广场店', tags: ['store', 'fashion'] },
  { placeId: 'beauty-galleria', name: 'Coral Beauty Galleria 珊瑚美妆广场店', tags: ['store', 'beauty'] },
];

/** The clinic shares a wing with a shop: offers must fall silent for whoever stands there. */
export const ARCADE_SHOPS: readonly (Naming & { wing: 'west' | 'east'; end: 'south' | 'north' })[] = [
  {
    placeId: 'fashion-arcade',
    name: 'Tide & Thread Arcade 潮线服饰天地店',
    tags: ['store', 'fashion'],
    wing: 'west',
    end: 'north',
  },
  {
    placeId: 'coffee-arcade',
    name: 'Anchor Coffee Arcade 锚点咖啡天地店',
    tags: ['store', 'coffee'],
    wing: 'east',
    end: 'south',
  },
  { placeId: 'clinic', name: 'Mint Arcade Clinic 天地诊所', tags: ['clinic', 'sensitive'], wing: 'east', end: 'north' },
];

export const LOBBIES: readonly Naming[] = [
  { placeId: 'lobby-compass', name: 'Compass Tower 罗盘大厦', tags: ['lobby'] },
  { placeId: 'lobby-meridian', name: 'Meridian House 子午大厦', tags: ['lobby'] },
  { placeId: 'lobby-pilot', name: 'Pilot Tower 领航大厦', tags: ['lobby'] },
  { placeId: 'lobby-tidewater', name: 'Tidewater Centre 潮汐中心', tags: ['lobby'], hours: 'office' },
  { placeId: 'lobby-sextant', name: 'Sextant Building 六分仪大楼', tags: ['lobby'] },
];

/** Stations are circles at the corner of a column and a row; row 0 is the harbour front, so that one is the ferry. */
export const METRO: readonly (Naming & { column: number; row: number; radiusM: number })[] = [
  {
    placeId: 'metro-high-street',
    name: 'Metro High Street 地铁大街站',
    tags: ['transit'],
    column: 1,
    row: 3,
    radiusM: 20,
  },
  { placeId: 'metro-east-bank', name: 'Metro East Bank 地铁东岸站', tags: ['transit'], column: 4, row: 3, radiusM: 20 },
  {
    placeId: 'metro-signal-hill',
    name: 'Metro Signal Hill 地铁信号山站',
    tags: ['transit'],
    column: 6,
    row: 4,
    radiusM: 20,
  },
  { placeId: 'metro-gull-lane', name: 'Metro Gull Lane 地铁鸥巷站', tags: ['transit'], column: 0, row: 1, radiusM: 20 },
  { placeId: 'ferry', name: 'Lanyu Ferry Pier 澜屿渡口', tags: ['transit'], column: 2, row: 0, radiusM: 26 },
];
