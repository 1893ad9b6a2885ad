import type * as z from 'zod/mini';
import type { PlaceInputSchema } from '#core/model/place.ts';
import { type Signal, SignalSchema } from '#core/model/signal.ts';
import { deletePlace, putPlace } from '#functions/catalogue/places.ts';
import { getPlacesSync, syncAllPlaces } from '#functions/catalogue/places-sync.ts';
import { deleteSensitivePlace, putSensitivePlace } from '#functions/catalogue/sensitive-places.ts';
import { engage } from '#functions/engage/engage.ts';
import { postPositions } from '#functions/ingest/positions.ts';
import { type Locator, MAX_RECEIVES, type QueueName } from '#functions/routes.ts';
import type { HttpRequest, HttpStep } from '#functions/shared/http.ts';
import { Problem } from '#functions/shared/problem.ts';
import type { OutgoingMessage } from '#functions/shared/queues.ts';
import type { Runtime } from '#functions/shared/runtime.ts';
import { handleVisits } from '#functions/visits/handler.ts';
import { VisitsMessageSchema } from '#functions/visits/message.ts';
import { putMeta } from '#store/catalogue.ts';
import { presenceKeys } from '#store/keys.ts';
import { batchGet } from '#store/read.ts';
import { BRAND, openShop } from '#test/store/shop.ts';

const STEPS = {
  putPlace,
  deletePlace,
  putSensitivePlace,
  deleteSensitivePlace,
  getPlacesSync,
  syncAllPlaces,
  postPositions,
} satisfies Record<string, HttpStep>;

/** What stands behind the queue of positions, and whatever else a locator needs: one of the two that are tested. */
export type Behind = {
  consumers: Partial<Record<QueueName, (body: unknown, runtime: Runtime) => Promise<void>>>;
  /** Takes what has become due of itself; false when there was nothing. */
  turn: () => Promise<boolean>;
  stop: () => Promise<void>;
};
/** The clock and the runtime that a locator lives in. */
export type Ground = { now: () => number; advance: (ms: number) => void; runtime: Runtime };

export type Step = { at: number; lng: number; lat: number; accuracyM: number };
type Asked = {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  brand?: string;
  venue?: string;
};

/** A brand whose places and positions come in at the API, and whose signals are looked at on their way to `engage`. */
export async function openWorld<B extends Behind>(locator: Locator, open: (ground: Ground) => Promise<B>) {
  const shop = await openShop();
  const queued: { queue: QueueName; body: string; receives: number; visibleAt: number }[] = [];
  const dead: { queue: QueueName; error: unknown }[] = [];
  const seen = new Map<string, Signal>();
  const deliveries: Signal[] = [];
  const runtime: Runtime = {
    ...shop.process(),
    locator,
    sleep: async (ms) => {
      shop.world.now += ms;
    },
    send: async (queue: QueueName, messages: readonly OutgoingMessage[]) => {
      for (const { body, delaySeconds = 0 } of messages) {
        const visibleAt = shop.world.now + delaySeconds * 1000;
        queued.push({ queue, body: JSON.stringify(body), receives: 0, visibleAt });
      }
    },
  };
  const now = () => shop.world.now;
  const behind = await open({
    now,
    advance: (ms) => {
      shop.world.now += ms;
    },
    runtime,
  });

  async function take({ queue, body }: (typeof queued)[number]): Promise<void> {
    if (queue === 'signals') {
      const signal = SignalSchema.parse(JSON.parse(body));
      deliveries.push(signal);
      seen.set(signal.signalId, signal);
      return await engage(signal, runtime);
    }
    if (queue === 'snapshots' && !behind.consumers[queue]) return;
    if (queue === 'visits') return await handleVisits(VisitsMessageSchema.parse(JSON.parse(body)), runtime);
    const consumer = behind.consumers[queue];
    if (!consumer) throw new Error(`nobody reads ${queue}`);
    await consumer(JSON.parse(body), runtime);
  }

  /** Until nothing that is queued can be seen yet, and nothing is due. */
  async function settle(): Promise<void> {
    for (;;) {
      const next = queued.findIndex(({ visibleAt }) => visibleAt <= now());
      const [message] = next < 0 ? [] : queued.splice(next, 1);
      if (message) {
        try {
          await take(message);
        } catch (error) {
          message.receives += 1;
          if (message.receives >= MAX_RECEIVES) dead.push({ queue: message.queue, error });
          else queued.unshift(message);
        }
      } else if (!(await behind.turn())) return;
    }
  }

  async function call(
    step: keyof typeof STEPS,
    { path = {}, query = {}, body, brand = BRAND, venue }: Asked,
    // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as the outsider that it plays does
  ): Promise<{ status: number; body: any }> {
    const tenant = venue === undefined ? { kind: 'brand', id: brand } : { kind: 'venue', id: venue };
    const caller = { subject: 'tester', tenant, role: venue === undefined ? 'marketer' : 'operator' };
    const request = { runtime, caller, path, query, body } as unknown as HttpRequest;
    try {
      return { body: undefined, ...(await STEPS[step](request)) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { status: error.status, body: error.document() };
    }
  }

  return {
    locator,
    behind,
    shop,
    runtime,
    call,
    settle,
    /** What no consumer could handle. */
    dead,
    /** Signals as often as they were delivered. */
    deliveries,
    /** Takes messages off a queue that nobody has read yet. */
    takeQueued: (queue: QueueName): unknown[] => {
      const taken = queued.filter((message) => message.queue === queue);
      for (const message of taken) queued.splice(queued.indexOf(message), 1);
      return taken.map(({ body }) => JSON.parse(body));
    },
    /** Where a device is known to be. */
    async insideOf(deviceId: string): Promise<string[]> {
      const key = presenceKeys.device(BRAND, deviceId);
      const found = (await batchGet(shop.db, { presence: [key] })).get('presence', key);
      const { state } = JSON.parse((found?.body as string) ?? '{"state":{"visits":[]}}');
      return state.visits.map(({ placeId }: { placeId: string }) => placeId);
    },
    async put(
      placeId: string,
      place: z.input<typeof PlaceInputSchema>,
      owner: { brand?: string; venue?: string } = {},
    ) {
      const { status, body } = await call('putPlace', { path: { placeId }, body: place, ...owner });
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      await settle();
    },
    /** Time passes, and nobody sends anything. */
    async wait(seconds: number) {
      const until = now() + seconds * 1000;
      while (now() < until) {
        shop.world.now = Math.min(until, now() + 30_000);
        await settle();
      }
    },
    async remove(placeId: string) {
      const { status } = await call('deletePlace', { path: { placeId } });
      await settle();
      return status;
    },
    async putSensitive(sensitivePlaceId: string, body: object) {
      const answer = await call('putSensitivePlace', { path: { sensitivePlaceId }, body });
      await settle();
      return answer;
    },
    campaign: shop.putCampaign,
    async sendAgain(deviceId: string, steps: readonly Step[], brand = BRAND) {
      const positions = steps.map(({ at, ...rest }) => ({ deviceId, at: new Date(at).toISOString(), ...rest }));
      const answer = await call('postPositions', { body: { positions }, brand });
      await settle();
      return answer.status;
    },
    /** Fixes 15 s apart, each at [lng, lat]; time passes with them. */
    async walk(deviceId: string, points: readonly (readonly [number, number])[], accuracyM = 5, brand = BRAND) {
      const steps = points.map(([lng, lat]): Step => {
        shop.world.now += 15_000;
        return { at: now(), lng, lat, accuracyM };
      });
      await this.sendAgain(deviceId, steps, brand);
      return steps;
    },
    /** The geofence signals of a device, each once, in order of when they happened. */
    told: (deviceId: string, brand = BRAND): Signal[] =>
      [...seen.values()]
        .filter((signal) => signal.subject.value === deviceId.normalize('NFC') && signal.brand === brand)
        .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0)),
    /** `enter s1`, `exit s1`. */
    words(deviceId: string, brand = BRAND): string[] {
      return this.told(deviceId, brand).map(({ kind, placeId }) => `${kind.replace('geofence.', '')} ${placeId}`);
    },
    async becomeBrandAt(venues: string[], brand = BRAND) {
      await putMeta(shop.db, { kind: 'brand', id: brand }, { timeZone: 'Asia/Shanghai', venues });
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld<Behind>>>;
