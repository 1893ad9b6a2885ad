import type { Plant } from '../plant-list.ts';

const GRANT = 'store/grant.ts';
const TRANSACT = '  return await transact(db, args, parts);';
const SPLIT = `  const [counters, rest] = [parts.filter(({ role }) => role === 'counter'), parts.filter(({ role }) => role !== 'counter')];`;

/** Bugs of the grant: caps, stock, dedup, and what belongs together. */
export const GRANT_PLANTS: readonly Plant[] = [
  {
    name: 'bare-add',
    words: 'stock is taken by an update of its own, which the SDK repeats when an answer is lost',
    invariants: ['2'],
    edits: [
      {
        file: GRANT,
        find: 'import {\n  type CancellationReason,',
        replace: 'import {\n  UpdateItemCommand,\n  type CancellationReason,',
      },
      {
        file: GRANT,
        find: TRANSACT,
        replace: `${SPLIT}
  const result = await transact(db, args, rest);
  if (result.outcome === 'recorded' && !result.earlier)
    for (const { write } of counters) if (write.Update) await db.client.send(new UpdateItemCommand(write.Update));
  return result;`,
      },
    ],
  },
  {
    name: 'separate-steps',
    words: 'stock first, then the grant: two transactions, each of them sound',
    invariants: ['2', '16'],
    edits: [
      {
        file: GRANT,
        find: TRANSACT,
        replace: `${SPLIT}
  if (counters.length > 0) {
    const taken = await transact(db, { ...args, facts: { ...facts, now: now + 1 } }, counters);
    if (taken.outcome !== 'recorded') return taken;
  }
  return await transact(db, args, rest);`,
      },
    ],
  },
  {
    name: 'read-then-act-caps',
    words: 'the person is written without asking whether they have changed since they were read',
    invariants: ['9', '10'],
    edits: [
      {
        file: GRANT,
        find: "SET pastOffers = :past, #version = :next',\n      ConditionExpression: '#version = :version',",
        replace:
          "SET pastOffers = :past, #version = :next',\n      ConditionExpression: '#version = :version OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'read-then-act-stock',
    words: 'what is left of stock and budget was enough when it was read, and is not asked again',
    invariants: ['1', '3'],
    weather: { profile: 'brutal', shape: 'rush' },
    edits: [
      {
        file: 'store/counters.ts',
        find: "conditions: ['active = :true', '#left >= :units', 'budgetLeft >= :money'],",
        replace: "conditions: ['active = :true'],",
      },
    ],
  },
  {
    name: 'no-ledger-condition',
    words: 'the ledger entry is put whether or not there is one',
    invariants: ['1', '7', '8', '9'],
    edits: [
      {
        file: GRANT,
        find: "{ role: 'ledger', write: putNew(db, entry) },",
        replace: "{ role: 'ledger', write: { Put: { TableName: db.table('offers'), Item: toItem(entry) } } },",
      },
    ],
  },
  {
    name: 'swallow-refusal',
    words: 'whatever cancelled the transaction is taken for an earlier delivery',
    invariants: ['18'],
    edits: [
      {
        file: GRANT,
        find: '  if (isDone) {',
        replace: '  if (isDone || failures.length > 0) {',
      },
    ],
  },
  {
    name: 'token-without-facts',
    words: 'one token for all tries of a signal, whatever they write',
    invariants: ['28'],
    edits: [
      {
        file: GRANT,
        find: '    String(standing.version),\n    JSON.stringify(standing.others ?? []),\n    String(now),\n    JSON.stringify([...sources]),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'ttl-as-dedup',
    words: 'a ledger entry lives for a minute: the dedup is what time to live has not yet deleted',
    invariants: ['7', '8', '11'],
    edits: [
      {
        file: 'store/ledger.ts',
        find: 'const LEDGER_TTL_SECONDS = 180 * 86_400;',
        replace: 'const LEDGER_TTL_SECONDS = 60;',
      },
      {
        file: 'store/ledger.ts',
        find: 'ttl: Math.max(Math.floor(now / 1000) + LEDGER_TTL_SECONDS, ...lifetimes),',
        replace: 'ttl: Math.floor(now / 1000) + LEDGER_TTL_SECONDS,',
      },
    ],
  },
  {
    name: 'no-void',
    words: 'a reclaimed lease returns its units and leaves them to whoever still holds it',
    invariants: ['1', '2', '3', '30'],
    weather: { profile: 'zombies', shape: 'rush' },
    edits: [
      {
        file: 'store/leases.ts',
        find: '    ...unspent.map((key) => ({',
        replace: '    ...unspent.slice(0, 0).map((key) => ({',
      },
    ],
  },
  {
    name: 'lease-taken-twice',
    words: 'a lease is taken whatever stands in its slot, so that a repeated request takes its units again',
    invariants: ['2'],
    weather: { profile: 'ambiguous', shape: 'rush' },
    edits: [
      {
        file: 'store/leases.ts',
        find: "first: 'attribute_not_exists(leases.#holder) AND size(leases) < :most',",
        replace: "first: '(attribute_exists(pk) OR attribute_not_exists(leases.#holder)) AND size(leases) < :most',",
      },
      {
        file: 'store/leases.ts',
        find: "coupons: 'leases.#holder.k = :last',",
        replace: "coupons: 'leases.#holder.k >= :last',",
      },
    ],
  },
  {
    name: 'missing-tenant-prefix',
    words: 'keys begin with an id, and do not say whose kind of id it is',
    invariants: ['32'],
    edits: [
      {
        file: 'store/keys.ts',
        find: "const brand = (id: string): string => prefix({ kind: 'brand', id });",
        replace: 'const brand = (id: string): string => id;',
      },
    ],
  },
  {
    name: 'ghost-takes-stock',
    words: 'somebody who is held out uses up a coupon',
    invariants: ['2'],
    edits: [{ file: GRANT, find: 'draw ? drawChecks(db,', replace: 'draw ? drawWrites(db,' }],
  },
  {
    name: 'holdout-before-stock',
    words: 'people are held out of a campaign that has nothing left to offer',
    invariants: ['sample ratio'],
    edits: [
      {
        file: GRANT,
        find: 'const checks = draw ? drawChecks(',
        replace: 'const checks = draw && !draw ? drawChecks(',
      },
      {
        file: 'core/decide/decide.ts',
        find: "  if (!allPassed(reasons)) return { campaignId, outcome: 'skipped', reasons };\n  const ranked",
        replace: `  if (!allPassed(reasons)) {
    const early = experiment.check(gateCase);
    const soldOut = reasons.at(-1)?.gate === 'stock' && !early.passed;
    return { campaignId, outcome: soldOut ? 'held-out' : 'skipped', reasons };
  }
  const ranked`,
      },
    ],
  },
  {
    name: 'catalogue-for-ever',
    words: 'a process never asks again whether its catalogue still holds',
    invariants: ['1', '4', '13'],
    weather: { shape: 'hour' },
    edits: [
      {
        file: 'store/snapshot.ts',
        find: 'options.now() - entry.checkedAt < options.maxAgeMs',
        replace: 'options.now() > 0',
      },
    ],
  },
  {
    name: 'acknowledge-failures',
    words: 'a message that could not be handled counts as handled',
    invariants: ['18'],
    edits: [
      {
        file: 'functions/shared/worker.ts',
        find: 'count: receives });\n        return false;',
        replace: 'count: receives });\n        return true;',
      },
    ],
  },
];
