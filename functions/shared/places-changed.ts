import { digestId } from '#core/hash.ts';
import type { Tenant } from '#store/keys.ts';
import type { BuildPlaces } from '../build-places/message.ts';
import { type ChangedPlaces, MAX_PLACES } from '../sync-places/message.ts';
import type { Runtime } from './runtime.ts';

/** Changes are gathered for so long before files are made of them. */
const GATHERED_SECONDS = 60;

/**
 * After places have changed: has files made of many, and Amazon Location told, where that is the locator. Of one owner
 * it is told in order, one message at a time. A crash before this is mended by the next change and the next check (`check-places`).
 */
export async function placesChanged(
  runtime: Pick<Runtime, 'locator' | 'send' | 'now' | 'random'>,
  tenant: Tenant,
  placeIds: readonly string[],
): Promise<void> {
  await runtime.send('snapshots', [{ body: { tenant } satisfies BuildPlaces, delaySeconds: GATHERED_SECONDS }]);
  if (runtime.locator === 'amazon') await tellAmazon(runtime, tenant, placeIds);
}

/** Files of places are missing: has all of them made again. */
export async function placesLost({ send }: Pick<Runtime, 'send'>, tenant: Tenant): Promise<void> {
  await send('snapshots', [{ body: { tenant, all: true } satisfies BuildPlaces }]);
}

async function tellAmazon(
  runtime: Pick<Runtime, 'send' | 'now' | 'random'>,
  tenant: Tenant,
  placeIds: readonly string[],
): Promise<void> {
  const ids = [...new Set(placeIds)];
  const messages: { body: ChangedPlaces; group: string; dedupId: string }[] = [];
  for (let start = 0; start < ids.length; start += MAX_PLACES) {
    const part = ids.slice(start, start + MAX_PLACES);
    messages.push({
      body: { tenant, placeIds: part },
      group: digestId(tenant.kind, tenant.id),
      // The same place may change twice within five minutes: no two messages are the same.
      dedupId: digestId(String(runtime.now()), String(runtime.random()), ...part),
    });
  }
  await runtime.send('geofences', messages);
}
