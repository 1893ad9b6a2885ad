import { type Content, mediaUrl } from './library.ts';

/** Longer than this nothing takes that is here already. */
const LOAD_MS = 10_000;

/** Loads what is to be shown next behind what is shown now. @throws when it is no picture, or does not play */
export async function prepare(stage: HTMLElement, content: Content): Promise<HTMLElement> {
  const element = elementOf(content);
  element.className = 'waiting';
  stage.append(element);
  try {
    await within(LOAD_MS, load(element, content));
  } catch (error) {
    discard(element);
    throw error;
  }
  return element;
}

/** The cut: from the next frame on one sees `next`, or nothing. */
export function show(stage: HTMLElement, next: HTMLElement | undefined): void {
  next?.classList.remove('waiting');
  for (const other of [...stage.children]) {
    if (other !== next && other instanceof HTMLElement && !other.classList.contains('waiting')) discard(other);
  }
}

export function discard(element: HTMLElement): void {
  const url = element.getAttribute('src');
  element.remove();
  if (url?.startsWith('blob:')) URL.revokeObjectURL(url);
}

function elementOf({ kind }: Content): HTMLElement {
  if (kind === 'image') return document.createElement('img');
  if (kind === 'video') return Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  const frame = document.createElement('iframe');
  // An origin of its own: its scripts reach neither the player nor its key.
  frame.setAttribute('sandbox', 'allow-scripts');
  return frame;
}

async function load(element: HTMLElement, content: Content): Promise<void> {
  if (element instanceof HTMLImageElement && content.kind === 'image') {
    element.src = await mediaUrl(content.url);
    await element.decode();
  } else if (element instanceof HTMLVideoElement && content.kind === 'video') {
    element.src = await mediaUrl(content.url);
    element.loop = true;
    await element.play();
  } else if (element instanceof HTMLIFrameElement && content.kind === 'html') {
    const loaded = new Promise((resolve) => {
      element.onload = resolve;
    });
    element.srcdoc = content.html;
    await loaded;
  }
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not loaded after ${ms} ms`)), ms);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
