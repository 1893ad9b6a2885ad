/** One bug that somebody could write: the text it replaces, and the invariants of which at least one must notice. */
export type Plant = {
  name: string;
  words: string;
  invariants: readonly string[];
  edits: readonly { file: string; find: string; replace: string }[];
};

export const PLANTS: readonly Plant[] = [
  {
    name: 'no-ledger-condition',
    words: 'the ledger entry is put whether or not it exists',
    invariants: ['6', '7', '8', '9'],
    edits: [
      {
        file: 'store/grant.ts',
        find: "Put: { TableName: db.table('offers'), Item: toItem(entry), ConditionExpression: 'attribute_not_exists(pk)' },",
        replace: "Put: { TableName: db.table('offers'), Item: toItem(entry) },",
      },
    ],
  },
  {
    name: 'read-then-act',
    words: 'the person is written without asking whether they have changed since they were read',
    invariants: ['1', '9', '10'],
    edits: [
      {
        file: 'store/grant.ts',
        find: "ConditionExpression: '#version = :version',",
        replace: "ConditionExpression: '#version <> :version OR #version = :version',",
      },
    ],
  },
  {
    name: 'unconditional-redeem',
    words: 'a till writes its redemption without asking what the coupon has become',
    invariants: ['23', '25', '26'],
    edits: [],
  },
];
