import type { CreativeInput } from '#core/model/creative.ts';
import type { ScheduledItem } from '#core/screens/schedule.ts';
import type { Ask } from './server.ts';
import type { Storage } from './storage.ts';

export type Content = CreativeInput['content'];
export type Item = ScheduledItem & { creativeVersion: string };
/** What the screen shall show, as the server said last. */
export type Programme = {
  version: string;
  screenId: string;
  name: string;
  timeZone: string;
  items: Item[];
  qr: { tagId: string; key: string; slotSeconds: number };
};

/** A creative as it is kept here. */
type Kept = { version: string; content: Content; bytes: number };
export type Library = {
  programme: () => Programme | undefined;
  /** Asks for the playlist; `parted` when the player has no screen (any more). */
  refresh: () => Promise<'same' | 'new' | 'parted'>;
  /** Fetches what is missing of the programme. What cannot be had now is tried again with the next call. */
  fill: () => Promise<void>;
  /** Of the programme, what can be shown without asking anybody. */
  ready: () => Item[];
  content: (item: Item) => Promise<Content | undefined>;
  held: () => { cached: number; cacheBytes: number };
};

const PROGRAMME = 'programme';
const PREFIX = 'creative/';
/** As the service worker knows it. */
const MEDIA_CACHE = 'beckon-media';

const nameOf = ({ brand = '', creativeId }: { brand?: string | undefined; creativeId: string }) =>
  `${PREFIX}${brand}/${creativeId}`;

/** The playlist and its creatives, kept on this computer so that a network that is cut changes nothing. */
export async function openLibrary(storage: Storage, ask: Ask): Promise<Library> {
  let programme = await storage.get<Programme>(PROGRAMME);
  const held = new Map<string, Omit<Kept, 'content'>>();
  for (const name of await storage.names()) {
    const kept = name.startsWith(PREFIX) ? await storage.get<Kept>(name) : undefined;
    if (kept) held.set(name, { version: kept.version, bytes: kept.bytes });
  }
  const isReady = (item: Item) => held.get(nameOf(item))?.version === item.creativeVersion;

  async function fetchCreative(item: Item): Promise<void> {
    const { creativeId, brand } = item;
    const response = await ask('GET', `creatives/${creativeId}${brand === undefined ? '' : `?brand=${brand}`}`);
    if (!response.ok) return;
    const { version, content } = (await response.json()) as Pick<Kept, 'version' | 'content'>;
    const media = content.kind !== 'html' && content.url.startsWith('https:') ? await keepMedia(content.url) : 0;
    const kept = { version, content, bytes: JSON.stringify(content).length + media };
    await storage.put(nameOf(item), kept);
    held.set(nameOf(item), { version, bytes: kept.bytes });
  }

  /** What no item names any more makes room. */
  async function tidy(items: readonly Item[]): Promise<void> {
    const wanted = new Set(items.map(nameOf));
    for (const name of [...held.keys()].filter((one) => !wanted.has(one))) {
      held.delete(name);
      await storage.remove(name);
    }
    const kept = await Promise.all([...held.keys()].map((name) => storage.get<Kept>(name)));
    const urls = new Set(kept.map((one) => one && one.content.kind !== 'html' && one.content.url));
    const cache = await caches.open(MEDIA_CACHE);
    for (const { url } of await cache.keys()) if (!urls.has(url)) await cache.delete(url);
  }

  return {
    programme: () => programme,
    refresh: async () => {
      const headers = programme ? { 'if-none-match': `"${programme.version}"` } : undefined;
      const response = await ask('GET', 'playlist', headers && { headers });
      if (response.status === 304) return 'same';
      if (!response.ok) throw new Error(`no playlist: ${response.status}`);
      const { paired, ...answered } = (await response.json()) as Programme & { paired: boolean };
      // Whoever else answers on our behalf, a portal or a proxy, does not part us from our screen.
      if (typeof paired !== 'boolean') throw new Error('this is no playlist');
      programme = paired ? answered : undefined;
      await storage.put(PROGRAMME, programme);
      return paired ? 'new' : 'parted';
    },
    fill: async () => {
      const items = programme?.items ?? [];
      const missing = new Map(items.filter((item) => !isReady(item)).map((item) => [nameOf(item), item]));
      for (const item of missing.values()) await fetchCreative(item).catch(console.warn);
      if (missing.size === 0 || items.every(isReady)) await tidy(items);
    },
    ready: () => programme?.items.filter(isReady) ?? [],
    content: async (item) => (await storage.get<Kept>(nameOf(item)))?.content,
    held: () => {
      const items = new Map(programme?.items.filter(isReady).map((item) => [nameOf(item), held.get(nameOf(item))]));
      const cacheBytes = [...items.values()].reduce((sum, kept) => sum + (kept?.bytes ?? 0), 0);
      return { cached: items.size, cacheBytes };
    },
  };
}

/** Keeps a picture or video of another origin; its bytes, where that origin lets us know them. */
async function keepMedia(url: string): Promise<number> {
  const cache = await caches.open(MEDIA_CACHE);
  const response = await fetch(url, { mode: 'cors' }).catch(() => fetch(url, { mode: 'no-cors' }));
  // An opaque answer has neither: it is shown as it is, by the service worker.
  if (!response.ok && response.type !== 'opaque') throw new Error(`${response.status} for a creative's media`);
  await cache.put(url, response.clone());
  return (await response.blob()).size;
}

/** The address under which the page shows it: of what we may read our own copy, which has every byte of a video. */
export async function mediaUrl(url: string): Promise<string> {
  if (!url.startsWith('https:')) return url;
  const blob = await (await (await caches.open(MEDIA_CACHE)).match(url))?.blob();
  return blob && blob.size > 0 ? URL.createObjectURL(blob) : url;
}
