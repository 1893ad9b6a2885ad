import type { Signal } from '#core/model/signal.ts';
import { getPlace, importPlaces, listPlaces, putPlace } from '#functions/catalogue/places.ts';
import {
  deleteSensitivePlace,
  importSensitivePlaces,
  listSensitivePlaces,
  putSensitivePlace,
} from '#functions/catalogue/sensitive-places.ts';
import { engage } from '#functions/engage/engage.ts';
import { locate } from '#functions/locate/locate.ts';
import type { DeviceFixes } from '#functions/locate/message.ts';
import type { HttpRequest, HttpStep } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { presenceKeys, type Tenant } from '#store/keys.ts';
import { batchGet } from '#store/read.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

const STEPS = {
  putPlace,
  getPlace,
  listPlaces,
  importPlaces,
  putSensitivePlace,
  importSensitivePlaces,
  listSensitivePlaces,
  deleteSensitivePlace,
} satisfies Record<string, HttpStep>;

type Asked = { as?: Tenant; path?: Record<string, string>; query?: Record<string, string>; body?: unknown };

/** A shop whose catalogue is written as the API writes it, and whose positions and signals go the way they go. */
export async function openGuardedShop() {
  const shop = await openShop();
  const sent: Signal[] = [];
  const runtime: Runtime = {
    ...shop.process(),
    send: async (queue: string, messages: readonly OutgoingMessage[]) => {
      if (queue === 'signals') sent.push(...messages.map(({ body }) => body as Signal));
    },
  };
  /** What a step answers; a refusal as its document. */
  const call = async (
    step: keyof typeof STEPS,
    { as = { kind: 'brand', id: BRAND }, path = {}, query = {}, body }: Asked = {},
    // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as the outsider that it plays does
  ): Promise<{ status: number; body: any }> => {
    const caller = { subject: 'tester', tenant: as, role: as.kind === 'brand' ? 'marketer' : 'operator' } as const;
    const request = { runtime, caller, path, query, body } as unknown as HttpRequest;
    try {
      return { body: undefined, ...(await STEPS[step](request)) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, body: error.document() };
    }
  };
  return {
    ...shop,
    call,
    /** The signals that `locate` has sent. */
    sent,
    /** Fixes of one device, a few seconds apart, each at [lng, lat]. */
    walk: async (deviceId: string, points: readonly (readonly [number, number])[], accuracyM = 5) => {
      const fixes: DeviceFixes['fixes'] = points.map(([lng, lat]) => {
        shop.world.now += 10_000;
        return { at: shop.world.now, lng, lat, accuracyM };
      });
      const receivedAt = new Date(shop.world.now).toISOString();
      const message: DeviceFixes = { brand: BRAND, deviceId, receivedAt, fixes };
      await locate(message, runtime);
      return message;
    },
    relocate: (message: DeviceFixes) => locate(message, runtime),
    report: (signal: Partial<Signal>) =>
      engage(
        {
          signalId: 'x',
          brand: BRAND,
          kind: 'geofence.enter',
          source: 'api',
          trust: 'T1',
          occurredAt: new Date(shop.world.now).toISOString(),
          receivedAt: new Date(shop.world.now).toISOString(),
          subject: { kind: 'device', value: 'phone-mei' },
          ...signal,
        },
        runtime,
      ),
    presence: async (deviceId: string) => {
      const key = presenceKeys.device(BRAND, deviceId);
      return (await batchGet(shop.db, { presence: [key] })).get('presence', key);
    },
  };
}
