import { createSensitiveLayer, type SensitiveLayer } from '#core/geo/sensitive-layer.ts';
import type { Snapshot } from '#store/snapshot.ts';

const layers = new WeakMap<Snapshot, SensitiveLayer>();

/** What the sensitive places of a brand and of its venues forbid, made once for each version of the catalogue. */
export function sensitiveLayerOf(snapshot: Snapshot): SensitiveLayer {
  const layer = layers.get(snapshot) ?? createSensitiveLayer(snapshot.sensitivePlaces, snapshot.taggedPlaces);
  layers.set(snapshot, layer);
  return layer;
}
