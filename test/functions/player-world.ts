import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { addPlayer, pairScreen } from '#functions/players/pairing.ts';
import type { HttpStep } from '#functions/shared/http.ts';
import { putEntry } from '#store/catalogue.ts';
import { putSignage } from '#store/signage.ts';
import { type Answer, brand, openScreens, START, VENUE } from './screen-world.ts';

export const VENUE_SECRET = 'a secret of the venues of these tests';

/** A key as a player has one, and what it signs with it. */
export function aKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as Record<string, string>;
  return {
    publicKey: { kty, crv, x, y },
    header: (t: number, method: string, target: string, body = '') => {
      const digest = createHash('sha256').update(body).digest('base64url');
      const signed = `${t}\n${method}\n${target}\n${digest}`;
      const bytes = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return { 'x-beckon-signature': `t=${t},s=${bytes.toString('base64url')}` };
    },
  };
}

/** The venue's `screen1` with a playlist of its own creative and one of the brand harbour's. */
export async function openPlayers() {
  const screens = await openScreens();
  const { db, runtime, ask, world } = screens;
  Object.assign(runtime, { secret: async () => VENUE_SECRET });
  const image = (name: string) => ({ kind: 'image', url: `data:image/png;base64,${btoa(name)}` });
  const put = (owner: typeof VENUE, creativeId: string, seconds: number) =>
    putSignage(db, owner, 'creative', creativeId, {
      creativeId,
      name: creativeId,
      seconds,
      content: image(creativeId),
    });
  await put(VENUE, 'welcome', 8);
  await put(brand('harbour'), 'milk', 10);
  await put(brand('harbour'), 'secret', 10);
  const items = [
    { creativeId: 'welcome', weight: 1, priority: 0 },
    { creativeId: 'milk', brand: 'harbour', weight: 3, priority: 0 },
    { creativeId: 'gone', weight: 1, priority: 0 },
  ];
  await putSignage(db, VENUE, 'playlist', 'lobby', { playlistId: 'lobby', name: 'Lobby', items });
  await putEntry(db, VENUE, 'screen', { id: 'screen1', body: { ...screens.screen, playlistId: 'lobby' } });

  const register = (publicKey: object): Promise<Answer> => ask(addPlayer, { text: JSON.stringify({ publicKey }) });
  const pair = (code: string, as = VENUE, screenId = 'screen1') =>
    ask(pairScreen, { as, path: { screenId }, body: { code } });

  /** A player that is paired, and asks as one. */
  async function aPlayer(screenId = 'screen1', owner = VENUE) {
    const key = aKey();
    const { playerId, pairingCode } = (await register(key.publicKey)).body;
    await pair(pairingCode, owner, screenId);
    type Sent = { path?: object; query?: Record<string, string>; body?: unknown; headers?: Record<string, string> };
    const call = (step: HttpStep, method: string, rest: string, { path, query, body, headers }: Sent = {}) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const signed = key.header(world.now, method, `/v1/players/${playerId}/${rest}`, text);
      return ask(step, { path: { playerId, ...path }, query: query ?? {}, text, headers: { ...signed, ...headers } });
    };
    return { playerId, key, call };
  }
  return { ...screens, START, register, pair, aPlayer };
}
