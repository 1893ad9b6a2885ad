import type { Plant } from '../plant-list.ts';

/** Bugs at the till. */
export const REDEMPTION_PLANTS: readonly Plant[] = [
  {
    name: 'unconditional-redeem',
    words: 'a till writes its redemption without asking what the coupon has become',
    invariants: ['23', '25', '26'],
    edits: [
      {
        file: 'store/redemptions.ts',
        find: 'const named = new Set(condition.match(/:\\w+/g));',
        replace: 'const named = new Set<string>();',
      },
      {
        file: 'store/redemptions.ts',
        find: 'ConditionExpression: condition,',
        replace: "ConditionExpression: 'attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'reservation-never-ends',
    words: 'a coupon that a till has reserved and forgotten stays reserved',
    invariants: ['26'],
    edits: [
      {
        file: 'core/offers/redemption.ts',
        find: 'due: ({ reservation }) => reservation?.reservedUntil ?? Number.POSITIVE_INFINITY,',
        replace: 'due: () => Number.POSITIVE_INFINITY,',
      },
    ],
  },
  {
    name: 'reservation-ignored',
    words: 'a reserved coupon is for whoever comes first',
    invariants: ['26'],
    edits: [
      {
        file: 'core/offers/redemption.ts',
        find: "    reserved: { holder: 'do', rolledBack: 'rolled-back', stranger: 'reserved' },\n",
        replace: "    reserved: { holder: 'do', rolledBack: 'rolled-back', stranger: 'do' },\n",
      },
      {
        file: 'store/redemptions.ts',
        find: "  'reserved holder': [",
        replace: "  'reserved stranger': ['#state = :reserved'],\n  'reserved holder': [",
      },
    ],
  },
  {
    name: 'expiry-forgotten',
    words: 'an expired coupon is redeemed',
    invariants: ['27'],
    edits: [
      {
        file: 'core/offers/redemption.ts',
        find: "due: ({ expiresAt }) => expiresAt, to: 'expired'",
        replace: "due: () => Number.POSITIVE_INFINITY, to: 'expired'",
      },
      { file: 'store/redemptions.ts', find: "? '' : 'expiresAt > :now AND '", replace: "? '' : ''" },
    ],
  },
  {
    name: 'answer-of-the-moment',
    words: 'a repeated request is answered with the time of the repetition',
    invariants: ['24'],
    edits: [
      {
        file: 'functions/redeem/redeem.ts',
        find: 'body: answerOf(action, result.coupon, input.redemptionId)',
        replace: 'body: { ...answerOf(action, result.coupon, input.redemptionId), answeredAt: now() }',
      },
    ],
  },
];
