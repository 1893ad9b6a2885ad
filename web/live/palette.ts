import type { Outcome } from '#core/model/decision.ts';

/** What the map is painted with, by day and by night. */
export type Palette = Record<
  | 'land'
  | 'block'
  | 'house'
  | 'houseLine'
  | 'street'
  | 'streetLine'
  | 'path'
  | 'water'
  | 'waterLine'
  | 'park'
  | 'tree'
  | 'label'
  | 'halo'
  | 'streetLabel'
  | 'walker'
  | 'walkerLine'
  | 'selected'
  | 'screen',
  string
> & {
  outcome: Record<Outcome, string>;
  /** Fill of places by tag, the first that fits. */
  places: readonly (readonly [tag: string, color: string])[];
  otherPlace: string;
};

const DAY: Palette = {
  land: '#efebe1',
  block: '#f6f3eb',
  house: '#ebe5d8',
  houseLine: '#ddd5c4',
  street: '#ffffff',
  streetLine: '#ddd6c6',
  path: '#f3efdf',
  water: '#b9d6dd',
  waterLine: '#9dc2cb',
  park: '#d3e4c1',
  tree: '#a9c892',
  label: '#33403f',
  halo: 'rgba(255,255,255,0.92)',
  streetLabel: '#847b69',
  walker: '#2b3a42',
  walkerLine: '#ffffff',
  selected: '#0f766e',
  screen: '#115e59',
  outcome: { offered: '#0f9d58', 'held-out': '#7c4dff', skipped: '#d08a12' },
  places: [
    ['sensitive', '#eec3bd'],
    ['transit', '#c3ccd4'],
    ['lobby', '#cbc7e8'],
    ['mall', '#e8dcc0'],
    ['grocery', '#c9dda8'],
    ['dairy', '#b5d3f2'],
    ['fashion', '#f2c1d2'],
    ['coffee', '#dcbc9a'],
    ['tea', '#bfe0cd'],
    ['bakery', '#f3d59a'],
    ['beauty', '#e7c3ea'],
    ['food', '#f1bfa3'],
  ],
  otherPlace: '#d8d0e0',
};

const NIGHT: Palette = {
  ...DAY,
  land: '#1b2225',
  block: '#20282b',
  house: '#283134',
  houseLine: '#333d40',
  street: '#39444a',
  streetLine: '#2a3337',
  path: '#34412f',
  water: '#12303b',
  waterLine: '#1d4552',
  park: '#233527',
  tree: '#365238',
  label: '#e6ecea',
  halo: 'rgba(20,26,28,0.92)',
  streetLabel: '#98a3a0',
  walker: '#dfe7e6',
  walkerLine: '#14191b',
  selected: '#7fd6cb',
  screen: '#7fd6cb',
  outcome: { offered: '#37c97f', 'held-out': '#a78bfa', skipped: '#e5a93c' },
  places: DAY.places.map(([tag, color]) => [tag, shade(color)] as const),
  otherPlace: shade(DAY.otherPlace),
};

export function currentPalette(): Palette {
  return matchMedia('(prefers-color-scheme: dark)').matches ? NIGHT : DAY;
}

/** The same hue at under half its light. */
function shade(hex: string): string {
  const channel = (at: number) => Math.round(Number.parseInt(hex.slice(at, at + 2), 16) * 0.46);
  return `rgb(${channel(1)},${channel(3)},${channel(5)})`;
}
