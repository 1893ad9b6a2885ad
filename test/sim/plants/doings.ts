import type { Plant } from '../plant-list.ts';

/** Bugs of what people did: visits that are lost, or made up. */
export const DOINGS_PLANTS: readonly Plant[] = [
  {
    name: 'visit-of-first-delivery',
    words: 'a visit is written by the delivery that decided, and by no other',
    invariants: ['45'],
    edits: [
      {
        file: 'functions/engage/engage.ts',
        find: "  if (result.outcome === 'recorded') {\n    await recordVisit(",
        replace: "  if (result.outcome === 'recorded') {\n    if (!result.earlier) await recordVisit(",
      },
    ],
  },
  {
    name: 'visit-over-another',
    words: 'what somebody did is written without asking whether they have changed since they were read',
    invariants: ['45', '9', '10'],
    edits: [
      {
        file: 'store/doings.ts',
        find: "ConditionExpression: '#version = :version',",
        replace: "ConditionExpression: '#version = :version OR attribute_exists(pk)',",
      },
    ],
  },
];
