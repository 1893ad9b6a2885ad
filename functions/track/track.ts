import { BatchDeleteDevicePositionHistoryCommand } from '@aws-sdk/client-location';
import { deviceIdOf, positionPropertiesOf } from '#core/geo/amazon/names.ts';
import { isStanding, tombstoneKey } from '#store/tombstones.ts';
import type { DeviceFixes } from '../locate/message.ts';
import { inBatches, type LocationService } from '../shared/location.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';
import { sensitiveLayerOf } from '../shared/sensitive.ts';
import type { Tracked } from './message.ts';
import type { PositionSender } from './sender.ts';

type Ways = { send: PositionSender; location: () => LocationService };

/**
 * One device's fixes go to Amazon Location, in order of time; what they cross comes back as events (`ingest-geo`).
 * A fix at a sensitive place is dropped before that, and so is everything of a device whose person was erased: what
 * leaves here lies in the tracker for 30 days. What is delivered twice is sent twice, and crosses nothing anew.
 */
export async function track(message: Tracked, runtime: Runtime, { send, location }: Ways): Promise<void> {
  if ('forget' in message) return await forget(deviceIdOf(message), runtime, location());
  for (const fix of await fixesToSend(message, runtime)) {
    await send({
      DeviceId: deviceIdOf(message),
      SampleTime: new Date(fix.at),
      Position: [fix.lng, fix.lat],
      ...(fix.accuracyM !== undefined && { Accuracy: { Horizontal: fix.accuracyM } }),
      PositionProperties: positionPropertiesOf(message),
    });
  }
}

async function fixesToSend(message: DeviceFixes, runtime: Runtime): Promise<DeviceFixes['fixes']> {
  const { brand, deviceId } = message;
  const gone = tombstoneKey(await runtime.secret('linkSecret'), brand, { kind: 'device', value: deviceId });
  const { snapshot, found } = await runtime.catalogue.read(brand, () => ({ tombstones: [gone] }));
  if (isStanding(found.get('tombstones', gone))) return [];
  const layer = sensitiveLayerOf(snapshot);
  const fixes = message.fixes.filter((fix) => !layer.hides(fix));
  const count = message.fixes.length - fixes.length;
  if (count > 0) log('INFO', 'positions at sensitive places were dropped', { function: 'track', brand, count });
  return fixes.sort((a, b) => a.at - b.at);
}

/** Takes back what the tracker keeps of a device. Of one that it does not know there is nothing to take back. */
async function forget(
  deviceId: string,
  runtime: Runtime,
  { client, tracker: TrackerName }: LocationService,
): Promise<void> {
  const refused = await inBatches([deviceId], {
    call: async (DeviceIds) => {
      const command = new BatchDeleteDevicePositionHistoryCommand({ TrackerName, DeviceIds });
      const { Errors = [] } = await client.send(command);
      return DeviceIds.map((id) => Errors.find(({ DeviceId }) => DeviceId === id)?.Error);
    },
    runtime,
  });
  const failed = refused.find(({ error }) => error.Code !== 'ResourceNotFoundError');
  if (failed) throw new Error(`Amazon Location did not forget a device: ${failed.error.Code}`);
}
