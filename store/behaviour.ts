import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Behaviour } from '#core/model/behaviour.ts';
import type { Item } from './client.ts';

/** How behaviour lies in a person's item: deflated, because sixty purchases repeat their names. */
export const storedBehaviour = (behaviour: Behaviour): Buffer => deflateRawSync(JSON.stringify(behaviour));

/** What a person's item says of what they have done; undefined where nothing is known. */
export function behaviourOf({ behaviour }: Item): Behaviour | undefined {
  return behaviour instanceof Uint8Array ? (JSON.parse(inflateRawSync(behaviour).toString()) as Behaviour) : undefined;
}
