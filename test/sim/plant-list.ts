import type { ProfileName } from './faults.ts';
import { DELIVERY_PLANTS } from './plants/delivery.ts';
import { DOINGS_PLANTS } from './plants/doings.ts';
import { GRANT_PLANTS } from './plants/grant.ts';
import { REDEMPTION_PLANTS } from './plants/redemption.ts';

/** The kind of trouble, and of day, that a guard is for. */
export type Weather = { profile?: ProfileName; shape?: 'rush' | 'hour' };

/** One bug that somebody could write: the text it replaces, and the invariants of which at least one must notice. */
export type Plant = {
  name: string;
  words: string;
  invariants: readonly string[];
  /** Where it shows: all ten seeds have it; else each has its own. */
  weather?: Weather;
  edits: readonly { file: string; find: string; replace: string }[];
};

export const PLANTS: readonly Plant[] = [...GRANT_PLANTS, ...DELIVERY_PLANTS, ...REDEMPTION_PLANTS, ...DOINGS_PLANTS];
