import type { Person } from '#core/model/person.ts';
import { api, type CampaignView, type Decision } from '../shared/api.ts';
import type { CityMap } from '../shared/city-map.ts';

/** Names of people, campaigns and places as the page learns them, `undefined` while unknown; and which campaigns look at a place. */
export type Names = {
  person: (id: string) => string | undefined;
  campaign: (id: string) => string | undefined;
  place: (id: string) => string | undefined;
  /** False where a campaign is for other places: its "no" to a signal from here is no news. */
  concerns: (decision: Pick<Decision, 'campaignId' | 'signal' | 'reasons'>) => boolean;
};
export type Directory = {
  names: Names;
  subscribe: (listener: () => void) => () => void;
  version: () => number;
  /** Fetches the names of the first people. */
  begin: () => Promise<void>;
  ask: (personIds: readonly string[]) => void;
  askCampaigns: () => void;
};

/** Few at a time, so that names never stand in the way of a person whom somebody has clicked. */
const MAX_REQUESTS = 3;
/** The first names come in pages of a hundred; whoever is not among them is asked for when they appear. */
const MAX_PAGES = 5;
/** A campaign that the list does not hold yet is asked for again, but not at every line. */
const CAMPAIGNS_AGAIN_MS = 5000;

/** Looks up names once each, lazily: the feed carries ids only. */
export function createDirectory(city: CityMap): Directory {
  const people = new Map<string, string | undefined>();
  const campaigns = new Map<string, CampaignView>();
  const places = new Map(city.places.features.map(({ properties }) => [properties.placeId, properties]));
  const queue: string[] = [];
  const listeners = new Set<() => void>();
  let running = 0;
  let version = 0;
  let campaignsAskedAt = Number.NEGATIVE_INFINITY;
  const changed = () => {
    version += 1;
    for (const listener of listeners) listener();
  };
  const learn = ({ personId, attributes }: Pick<Person, 'personId' | 'attributes'>) => {
    if (typeof attributes.firstName === 'string') people.set(personId, attributes.firstName);
  };
  const begin = async (): Promise<void> => {
    try {
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES && (page === 0 || cursor !== undefined); page += 1) {
        const list = await api.people(cursor);
        list.items.forEach(learn);
        cursor = list.cursor;
      }
    } catch {
      // Then everybody is asked for one by one.
    }
    changed();
  };
  const next = async (): Promise<void> => {
    if (running >= MAX_REQUESTS) return;
    const personId = queue.pop();
    if (personId === undefined) return;
    running += 1;
    try {
      learn(await api.person(personId, 'en'));
      changed();
    } catch {
      // Unknown or erased: their id stays their name, and nobody asks again.
    } finally {
      running -= 1;
      void next();
    }
  };
  return {
    names: {
      person: (id) => people.get(id),
      campaign: (id) => campaigns.get(id)?.name,
      place: (id) => places.get(id)?.name,
      concerns: ({ campaignId, signal, reasons }) => {
        const trigger = campaigns.get(campaignId)?.trigger;
        const place = places.get(signal?.placeId ?? '');
        // Sensitive places are withheld: then only what stopped later than at schedule or place was about them.
        const last = reasons.at(-1)?.gate;
        if (!place) return last !== 'place' && last !== 'schedule';
        if (!trigger) return true;
        const { placeIds = [], placeTags = [] } = trigger;
        const isEverywhere = placeIds.length === 0 && placeTags.length === 0;
        return isEverywhere || placeIds.includes(place.placeId) || placeTags.some((tag) => place.tags.includes(tag));
      },
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => version,
    begin,
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
          for (const campaign of items) campaigns.set(campaign.campaignId, campaign);
          changed();
        },
        () => undefined,
      );
    },
  };
}
