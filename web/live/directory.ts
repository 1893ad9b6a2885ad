import { api } from '../shared/api.ts';
import type { CityMap } from '../shared/city-map.ts';

/** Names of people, campaigns and places as the page learns them; `undefined` while unknown. */
export type Names = {
  person: (id: string) => string | undefined;
  campaign: (id: string) => string | undefined;
  place: (id: string) => string | undefined;
};
export type Directory = {
  names: Names;
  subscribe: (listener: () => void) => () => void;
  version: () => number;
  ask: (personIds: readonly string[]) => void;
  askCampaigns: () => void;
};

/** Few at a time, so that names never stand in the way of a person whom somebody has clicked. */
const MAX_REQUESTS = 3;
/** A campaign that the list does not hold yet is asked for again, but not at every line. */
const CAMPAIGNS_AGAIN_MS = 5000;

/** Looks up names once each, lazily: the feed carries ids only. */
export function createDirectory(city: CityMap): Directory {
  const people = new Map<string, string | undefined>();
  const campaigns = new Map<string, string>();
  const places = new Map(city.places.features.map(({ properties }) => [properties.placeId, properties.name]));
  const queue: string[] = [];
  const listeners = new Set<() => void>();
  let running = 0;
  let version = 0;
  let campaignsAskedAt = Number.NEGATIVE_INFINITY;
  const changed = () => {
    version += 1;
    for (const listener of listeners) listener();
  };
  const next = async (): Promise<void> => {
    if (running >= MAX_REQUESTS) return;
    const personId = queue.pop();
    if (personId === undefined) return;
    running += 1;
    try {
      const { attributes } = await api.person(personId, 'en');
      if (typeof attributes.firstName === 'string') people.set(personId, attributes.firstName);
      changed();
    } catch {
      // Unknown or erased: their id stays their name, and nobody asks again.
    } finally {
      running -= 1;
      void next();
    }
  };
  return {
    names: { person: (id) => people.get(id), campaign: (id) => campaigns.get(id), place: (id) => places.get(id) },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => version,
    ask: (personIds) => {
      for (const personId of personIds) {
        if (people.has(personId)) continue;
        people.set(personId, undefined);
        queue.push(personId);
        void next();
      }
    },
    askCampaigns: () => {
      if (performance.now() - campaignsAskedAt < CAMPAIGNS_AGAIN_MS) return;
      campaignsAskedAt = performance.now();
      api.campaigns('en').then(
        ({ items }) => {
          for (const { campaignId, name } of items) campaigns.set(campaignId, name);
          changed();
        },
        () => undefined,
      );
    },
  };
}
