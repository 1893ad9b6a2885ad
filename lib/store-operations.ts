import { Operation } from 'aws-cdk-lib/aws-dynamodb';
import type { TableName } from '#functions/routes.ts';

const { BATCH_GET_ITEM, BATCH_WRITE_ITEM, DELETE_ITEM, GET_ITEM, PUT_ITEM, QUERY, TRANSACT_WRITE_ITEMS, UPDATE_ITEM } =
  Operation;

/** What `store/` asks of each table, and so what may fail there; a test holds it against the source. */
export const STORE_OPERATIONS: Record<TableName, readonly Operation[]> = {
  catalogue: [
    GET_ITEM,
    BATCH_GET_ITEM,
    QUERY,
    PUT_ITEM,
    UPDATE_ITEM,
    DELETE_ITEM,
    BATCH_WRITE_ITEM,
    TRANSACT_WRITE_ITEMS,
  ],
  people: [GET_ITEM, BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM, BATCH_WRITE_ITEM, TRANSACT_WRITE_ITEMS],
  presence: [BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM, BATCH_WRITE_ITEM],
  offers: [BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM, BATCH_WRITE_ITEM, TRANSACT_WRITE_ITEMS],
  stock: [BATCH_GET_ITEM, QUERY, UPDATE_ITEM, TRANSACT_WRITE_ITEMS],
  plays: [GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM, BATCH_WRITE_ITEM, TRANSACT_WRITE_ITEMS],
  tombstones: [BATCH_GET_ITEM, QUERY, PUT_ITEM, UPDATE_ITEM, TRANSACT_WRITE_ITEMS],
};
