import { NEW_ROTATION, nextItem } from '#core/screens/schedule.ts';
import { type Item, type Library, openLibrary } from './library.ts';
import { keptRotation, openPlayLog, type PlayLog } from './play-log.ts';
import { qrAddress, qrPicture } from './qr.ts';
import { type Ask, asker, type Code, openIdentity, register } from './server.ts';
import { openServerClock, type ServerClock } from './server-clock.ts';
import { discard, prepare, show } from './stage.ts';
import { openStorage, type Storage } from './storage.ts';
import { forever, time } from './time.ts';
import { said, WORDS, type Words } from './words.ts';

const SECOND_MS = 1000;
/** Whoever has just typed the code in looks at the screen; afterwards a change of the playlist may take a moment. */
const [PAIRING_MS, REFRESH_MS] = [2 * SECOND_MS, 30 * SECOND_MS];
const HEALTH_MS = 30 * SECOND_MS;
const CLOCK_MS = 60 * SECOND_MS;
/** Eight exchanges at first: one of them is quick. */
const [FIRST_SAMPLES, FIRST_WAIT_MS] = [8, 250];
const REACTION_MS = 700;
const REACTION_SHOWN_MS = 4 * SECOND_MS;
/** After a failure: the network has been cut, and asking more often does not mend it. */
const CUT_MS = 5 * SECOND_MS;
const MAX_CUT_MS = 60 * SECOND_MS;
/** A creative that would not load is left alone for so long. */
const BROKEN_MS = 60 * SECOND_MS;

type Player = { storage: Storage; clock: ServerClock; ask: Ask; library: Library; log: PlayLog; stage: HTMLElement };

/** Plays until the page is closed. */
export async function start(page: Document): Promise<void> {
  const part = (id: string) => page.getElementById(id) as HTMLElement;
  const say = (words: Words | undefined) => part('note').replaceChildren(...(words ? [said('h1', words)] : []));
  const storage = await openStorage();
  const identity = await openIdentity(storage);
  const clock = await openServerClock(storage);
  const ask = asker(identity, clock.serverNow);
  const library = await openLibrary(storage, ask);
  const log = await openPlayLog(storage, clock, ask);
  const player: Player = { storage, clock, ask, library, log, stage: part('stage') };
  say(library.programme() ? WORDS.loading : WORDS.connecting);
  let code: Code | undefined;

  await Promise.all([
    measuring(clock),
    forever(async () => {
      if (identity.playerId !== undefined && (await library.refresh()) !== 'parted') {
        code = undefined;
        await library.fill();
        return REFRESH_MS;
      }
      if (!code || Date.parse(code.expiresAt) <= clock.serverNow()) code = await register(storage, identity);
      if (!library.programme()) part('note').replaceChildren(...codeShown(code));
      return PAIRING_MS;
    }),
    playing(player, say),
    delivering(player),
    forever(async () => {
      if (await clock.beat()) await clock.measure().catch(() => undefined);
      await showQr(part('qr'), player);
      return SECOND_MS;
    }),
    forever(() => sendHealth(player)),
    reacting(part('reaction'), player),
  ]);
}

function measuring(clock: ServerClock): Promise<never> {
  let samples = 0;
  return forever(async () => {
    try {
      await clock.measure();
    } catch {
      return CUT_MS;
    }
    samples += 1;
    return samples < FIRST_SAMPLES ? FIRST_WAIT_MS : CLOCK_MS;
  });
}

/** One item after the other: the next is loaded while one sees the one before it. */
async function playing({ storage, clock, library, log, stage }: Player, say: (words?: Words) => void): Promise<never> {
  let rotation = (await keptRotation(storage)) ?? NEW_ROTATION;
  const broken = new Map<string, number>();
  const isWhole = ({ creativeId, brand, creativeVersion }: Item) =>
    (broken.get(`${brand}/${creativeId}/${creativeVersion}`) ?? 0) <= time.now();
  const isOver = () => time.now() >= (log.current()?.plannedEndsAt ?? 0) || !library.programme();

  /** Until it is time for the cut, and no longer than what is shown is on. */
  async function waitForCut(): Promise<void> {
    while (!isOver()) {
      const restMs = (log.current()?.plannedEndsAt ?? 0) - time.now();
      await time.sleep(Math.max(0, Math.min(restMs, SECOND_MS)));
      if (!(await log.beat())) return;
    }
  }

  return await forever(async () => {
    const programme = library.programme();
    const cutAt = log.current()?.plannedEndsAt ?? time.now();
    const now = Math.max(cutAt, time.now()) + clock.serverNow() - time.now();
    const items = library.ready().filter(isWhole);
    const next = programme && nextItem(items, { now, timeZone: programme.timeZone, rotation });
    if (!programme || !next) {
      await waitForCut();
      await log.cut(undefined, undefined);
      show(stage, undefined);
      document.body.classList.remove('playing');
      if (programme) say(programme.items.length > items.length ? WORDS.loading : WORDS.nothing);
      return SECOND_MS;
    }
    const { item } = next;
    const content = await library.content(item);
    const element = content && (await prepare(stage, content).catch(() => undefined));
    if (!element) {
      broken.set(`${item.brand}/${item.creativeId}/${item.creativeVersion}`, time.now() + BROKEN_MS);
      return 0;
    }
    // For whoever looks at this page from outside.
    element.dataset.creative = item.creativeId;
    await waitForCut();
    if (library.programme() !== programme) {
      // The playlist has changed while we waited.
      discard(element);
      return 0;
    }
    await log.cut({ ...item, screenId: programme.screenId }, next.rotation);
    show(stage, element);
    rotation = next.rotation;
    say();
    document.body.classList.add('playing');
    void log.deliver(programme.screenId);
    return 0;
  });
}

/** What a cut has not been able to deliver is tried again, later and later. */
function delivering({ library, log }: Player): Promise<never> {
  let waitMs = CUT_MS;
  addEventListener('online', () => {
    waitMs = CUT_MS;
  });
  return forever(async () => {
    const screenId = library.programme()?.screenId;
    const isDone = screenId === undefined || (await log.deliver(screenId));
    waitMs = isDone ? CUT_MS : Math.min(waitMs * 2, MAX_CUT_MS);
    return waitMs;
  });
}

async function sendHealth({ library, log, clock, ask }: Player): Promise<number> {
  const programme = library.programme();
  if (!programme) return PAIRING_MS;
  const current = log.current();
  const reading = clock.readingAt(time.now());
  const body = {
    ...(reading && { clock: reading }),
    ...library.held(),
    ...(current && { onAir: { creativeId: current.creativeId, brand: current.brand } }),
    backlog: await log.backlog(),
    version: programme.version,
  };
  await ask('POST', 'health', { body }).catch(() => undefined);
  return HEALTH_MS;
}

/** Asks more than once a second whether somebody beside the screen has got something, and shows it for a moment. */
function reacting(place: HTMLElement, { library, ask }: Player): Promise<never> {
  let known: number | undefined;
  return forever(async () => {
    if (!library.programme() || !navigator.onLine) return SECOND_MS;
    const response = await ask('GET', known === undefined ? 'reaction' : `reaction?after=${known}`).catch(
      () => undefined,
    );
    if (!response?.ok) return CUT_MS;
    const { n, reaction } = (await response.json()) as { n: number; reaction?: { words: Record<string, string> } };
    const isFirst = known === undefined;
    known = n;
    // Of what happened before we were there the moment is over.
    if (!reaction || isFirst) return REACTION_MS;
    const { en, 'zh-CN': zh } = reaction.words;
    place.replaceChildren(said('span', { ...(en !== undefined && { en }), ...(zh !== undefined && { zh }) }));
    place.hidden = false;
    await time.sleep(REACTION_SHOWN_MS);
    place.hidden = true;
    return 0;
  });
}

async function showQr(place: HTMLElement, { clock, library, log }: Player): Promise<void> {
  const programme = library.programme();
  // Where the time is not known, no code would be right.
  const isShown = programme !== undefined && log.current() !== undefined && clock.readingAt(time.now()) !== undefined;
  place.hidden = !isShown;
  if (!isShown) return;
  const slot = Math.floor(clock.serverNow() / (programme.qr.slotSeconds * SECOND_MS));
  const address = await qrAddress(programme, slot);
  if (place.dataset.address === address) return;
  place.dataset.address = address;
  place.replaceChildren(qrPicture(address), said('span', WORDS.scan));
}

function codeShown({ pairingCode }: Code): HTMLElement[] {
  const code = document.createElement('p');
  code.className = 'code';
  code.textContent = `${pairingCode.slice(0, 4)}-${pairingCode.slice(4)}`;
  return [said('h1', WORDS.pair), code, said('p', WORDS.pairHow)];
}
