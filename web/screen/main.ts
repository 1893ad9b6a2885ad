import { start } from './player.ts';
import './screen.css';
import { said, WORDS, type Words } from './words.ts';

const note = document.querySelector('#note') as HTMLElement;
const stop = (words: Words) => note.replaceChildren(said('h1', words));

async function open(): Promise<void> {
  // Without a secure context there are no keys, no service worker and no storage that lasts.
  if (!isSecureContext) return stop(WORDS.insecure);
  for (const gesture of ['click', 'keydown']) {
    addEventListener(gesture, () => void document.documentElement.requestFullscreen?.().catch(() => undefined));
  }
  void navigator.serviceWorker?.register('/screen-sw.js', { scope: '/screen' }).catch(console.warn);
  void navigator.storage?.persist?.();
  // Two windows would write one log.
  const waiting = setTimeout(() => stop(WORDS.elsewhere), 1000);
  await navigator.locks.request('beckon-screen', async () => {
    clearTimeout(waiting);
    await start(document);
  });
}

open().catch((error: unknown) => {
  console.error(error);
  stop(WORDS.failed);
});
