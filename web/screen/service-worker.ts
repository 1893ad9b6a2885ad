/**
 * Serves the player's page and its media when there is no network. The programme and the log are the page's own, in
 * IndexedDB; what is asked of the API goes past.
 */
type Extended = Event & { waitUntil: (done: Promise<unknown>) => void };
type Fetched = Extended & { request: Request; respondWith: (response: Promise<Response>) => void };
type Worker = {
  skipWaiting: () => Promise<void>;
  clients: { claim: () => Promise<void> };
  addEventListener: (type: 'install' | 'activate' | 'fetch', listener: (event: Fetched) => void) => void;
};
// The compiler knows pages, of which this is none.
const worker = globalThis as unknown as Worker;

const [SHELL, MEDIA] = ['beckon-shell', 'beckon-media'] as const;
const PAGE = ['/screen', '/assets/screen.js', '/assets/screen.css', '/assets/fonts.css'];
/** A network that does not answer for so long is none. */
const PATIENCE_MS = 3000;

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(PAGE)));
  void worker.skipWaiting();
});
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET') return;
  if (origin !== location.origin) {
    // The page itself fetches media to keep them; what elements ask for is what has been kept.
    if (request.destination !== '') event.respondWith(keptFirst(request));
  } else if (pathname === '/screen' || pathname.startsWith('/assets/')) {
    event.respondWith(newestOrKept(request));
  }
});

async function keptFirst(request: Request): Promise<Response> {
  const kept = await (await caches.open(MEDIA)).match(request.url);
  return kept ?? (await fetch(request));
}

/** The newest page, so that a new version arrives; without a network the last. */
async function newestOrKept(request: Request): Promise<Response> {
  const cache = await caches.open(SHELL);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (!kept) throw error;
    return kept;
  }
}
