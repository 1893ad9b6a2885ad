import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import * as pairing from '#functions/players/pairing.ts';
import * as programme from '#functions/players/programme.ts';
import * as reports from '#functions/players/reports.ts';
import { functions } from '#functions/routes.ts';
import { httpFunction } from '#functions/shared/http.ts';
import { createGateway } from '#local/host/gateway.ts';
import { createHostServer } from '#local/host/server.ts';
import { buildWeb } from '#local/web-build.ts';
import { openPlayers } from '#test/functions/player-world.ts';

/** The player's page and its Lambda on one port, over an in-process DynamoDB, in a time that the test owns. */
export async function openPlayerHost() {
  const world = await openPlayers();
  const webDir = mkdtempSync(path.join(tmpdir(), 'beckon-web-'));
  await buildWeb(webDir);
  const spec = functions.find(({ name }) => name === 'players');
  if (!spec) throw new Error('there is no function players');
  const handler = httpFunction('players', { ...pairing, ...programme, ...reports }, world.runtime);
  const invoke = (event: unknown) => handler(event as never, {} as never) as Promise<unknown>;
  const gateway = createGateway([{ spec, invoke }]);
  const server = createHostServer({ gateway, pages: {}, webDir, onAnswered: () => {} });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    ...world,
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(webDir, { recursive: true, force: true });
    },
  };
}

/** Loops that the page runs for ever: when so many sleep, it has done what there was to do. */
const LOOPS = 7;

/**
 * Gives the pages of a context a time of their own. A page's clock goes on over a reload as a computer's does: by what
 * the wall clock says, which may have been set meanwhile.
 */
export async function takeTime(context: BrowserContext, start: number, onTick: (now: number) => void): Promise<void> {
  await context.exposeFunction('tick', onTick);
  await context.addInitScript(manualTime, { start, loops: LOOPS });
}

/** Lets time pass in the page, and everything happen that is due meanwhile. */
export const advance = (page: Page, ms: number): Promise<void> =>
  page.evaluate((span) => (window as unknown as Manual).advance(span), ms);

/** Somebody sets the computer's clock. */
export const setWallClock = (page: Page, byMs: number): Promise<void> =>
  page.evaluate((by) => (window as unknown as Manual).setWall(by), byMs);

/** What one sees in the page, second by second of its own clock: a creative's id, or nothing. */
export const seen = (page: Page): Promise<Sight[]> => page.evaluate(() => (window as unknown as Manual).sights);
export type Sight = { at: number; creativeId: string | undefined };

type Manual = {
  advance: (ms: number) => Promise<void>;
  setWall: (byMs: number) => void;
  tick: (now: number) => Promise<void>;
  sights: Sight[];
  beckonTime: { now: () => number; wall: () => number; sleep: (ms: number) => Promise<void> };
};

/** Runs in the page, before anything of it. */
function manualTime({ start, loops }: { start: number; loops: number }): void {
  if (window !== window.top) return;
  const place = window as unknown as Manual;
  // As `performance.timeOrigin`: the wall clock, when the page was loaded.
  let now = Number(localStorage.getItem('wall') ?? start);
  let ahead = 0;
  const sleepers: { at: number; resolve: () => void }[] = [];
  const turn = () =>
    new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    });
  const settle = async () => {
    const deadline = performance.now() + 4000;
    while (sleepers.length < loops && performance.now() < deadline) await turn();
  };
  const look = () => {
    const shown = [...document.querySelectorAll<HTMLElement>('#stage > *')].filter((element) =>
      element.checkVisibility({ visibilityProperty: true }),
    );
    if (shown.length > 1) throw new Error('two things are shown at once');
    place.sights.push({ at: now, creativeId: shown[0]?.dataset.creative });
  };
  place.sights = [];
  place.beckonTime = {
    now: () => now,
    wall: () => now + ahead,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ at: now + ms, resolve })),
  };
  place.setWall = (byMs) => {
    ahead += byMs;
  };
  place.advance = async (ms) => {
    const until = now + ms;
    let lookedAt = now;
    for (;;) {
      await settle();
      if (now >= lookedAt + 1000) {
        look();
        lookedAt = now;
      }
      sleepers.sort((left, right) => left.at - right.at);
      const next = sleepers[0];
      if (!next || next.at > until) break;
      sleepers.shift();
      now = Math.max(now, next.at);
      if (navigator.onLine) await place.tick(now);
      next.resolve();
    }
    now = until;
    await place.tick(now);
    localStorage.setItem('wall', String(now + ahead));
  };
}
