import type { Person } from '../model/person.ts';
import type { RegionSales } from '../model/region.ts';
import { MIN_GROUP } from './min-group.ts';

/** A region prefers a channel from this share of its purchases on. */
const PREFERS_FROM = 0.6;

/** Where a region buys: `onlineShare` of its purchases by number, 0 to 1. */
export type RegionStanding = { preference: 'online' | 'offline' | 'mixed'; onlineShare: number; buyers: number };

/** How a region buys; undefined where so few are known to that a neighbour could guess who: they decide nothing either. */
export function regionStanding({ online, offline, buyers }: RegionSales): RegionStanding | undefined {
  const all = online.count + offline.count;
  if (buyers < MIN_GROUP || all === 0) return undefined;
  const onlineShare = online.count / all;
  // The share of the other channel, counted and not subtracted: 0.6 offline is 0.6, not 0.4 and a rest.
  const offlineShare = offline.count / all;
  const preference = onlineShare >= PREFERS_FROM ? 'online' : offlineShare >= PREFERS_FROM ? 'offline' : 'mixed';
  return { preference, onlineShare, buyers };
}

/** Which region somebody is of: as their attribute `region` says, or else where they bought last. */
function regionNameOf({ attributes, behaviour }: Person): string | undefined {
  const { region } = attributes;
  if (typeof region === 'string' && region !== '') return region;
  return behaviour?.purchases.find((purchase) => purchase.region !== undefined)?.region;
}

/** The same person, who knows how their region buys. */
export function withRegion(person: Person, regions: ReadonlyMap<string, RegionSales>): Person {
  const name = regionNameOf(person);
  const region = name === undefined ? undefined : regions.get(name);
  return region ? { ...person, region } : person;
}
