import { digestId } from '#core/hash.ts';
import type { Tenant } from '#store/keys.ts';
import { type ChangedPlaces, MAX_PLACES } from '../sync-places/message.ts';
import type { Runtime } from './runtime.ts';

/**
 * After places have changed: has Amazon Location told, where that is the locator. The places of one owner are told in
 * order, one message at a time. A crash before this is mended by the next check (`check-places`).
 */
export async function placesChanged(
  runtime: Pick<Runtime, 'locator' | 'send' | 'now' | 'random'>,
  tenant: Tenant,
  placeIds: readonly string[],
): Promise<void> {
  if (runtime.locator !== 'amazon') return;
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
