import type { Plant } from '../plant-list.ts';

const DELIVER = 'functions/shared/deliver.ts';
const OUTBOX = 'store/outbox.ts';

/** Bugs of the outbox and of sending. */
export const DELIVERY_PLANTS: readonly Plant[] = [
  {
    name: 'send-before-commit',
    words: 'the message is queued as soon as it is decided, and sent whether or not there is a coupon',
    invariants: ['16'],
    edits: [
      {
        file: 'functions/engage/engage.ts',
        find: "import { gather } from './gather.ts';",
        replace:
          "import { digestId } from '#core/hash.ts';\nimport { couponKeyOf } from '#store/coupons.ts';\nimport { gather } from './gather.ts';",
      },
      {
        file: 'functions/engage/engage.ts',
        find: '  const { sources } = units;\n',
        replace: `  const { sources } = units;
  for (const { campaignId, channel, outcome } of decisions) {
    if (outcome !== 'offered' || (channel !== 'email' && channel !== 'sms')) continue;
    const { brand, signalId, occurredAt, kind } = facts.signal;
    const couponId = digestId('coupon', brand, signalId, new Date(occurredAt).toISOString(), campaignId);
    const couponKey = couponKeyOf(couponSecret, brand, couponId);
    const times = { freshUntil: now + 300_000, expiresAt: now + 3_600_000 };
    await runtime.send(channel, [{ body: { brand, couponKey, couponId, campaignId, personId: facts.person.personId, signalKind: kind, channel, ...times } }]);
  }
`,
      },
      {
        file: OUTBOX,
        find: '  await settle(db, claim, before, now);\n  return false;',
        replace: '  await settle(db, claim, before, now);\n  return before === undefined;',
      },
    ],
  },
  {
    name: 'resend-after-unknown',
    words: 'a provider that was silent is asked again',
    invariants: ['15'],
    weather: { profile: 'provider' },
    edits: [{ file: DELIVER, find: "if (meaning === 'busy') {", replace: "if (meaning !== 'rejected') {" }],
  },
  {
    name: 'no-claim',
    words: 'a message is sent without taking it first',
    invariants: ['14', '15', '29'],
    edits: [
      {
        file: OUTBOX,
        find: "condition: '#send = :pending AND freshUntil >= :now',",
        replace: "condition: '(#send = :pending AND freshUntil >= :now) OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'unconditional-complete',
    words: 'a sender records its end whoever holds the message by then',
    invariants: ['14', '29'],
    weather: { profile: 'zombies' },
    edits: [
      {
        file: OUTBOX,
        find: "condition: '#send = :sending AND sendHolder = :holder',",
        replace: "condition: '(#send = :sending AND sendHolder = :holder) OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'late-sender',
    words: 'a sender that slept in its claim sends on what it knew before',
    invariants: ['13', '21', '29', '40'],
    weather: { profile: 'zombies' },
    edits: [{ file: DELIVER, find: 'if (runtime.now() - askedAt > KNOWN_FOR_MS) {', replace: 'if (askedAt < 0) {' }],
  },
  {
    name: 'consent-once',
    words: 'consent is asked when deciding, and not again when sending',
    invariants: ['40'],
    edits: [
      {
        file: DELIVER,
        find: '  if (obstacle) return obstacle;\n',
        replace: "  if (obstacle === 'no-address') return obstacle;\n",
      },
    ],
  },
  {
    name: 'stale-is-sent',
    words: 'a message is sent however long it has waited',
    invariants: ['21'],
    weather: { profile: 'provider' },
    edits: [
      { file: DELIVER, find: '  if (now > message.freshUntil) return STALE;\n', replace: '' },
      { file: OUTBOX, find: ' AND freshUntil >= :now', replace: ' AND :now = :now' },
    ],
  },
];
