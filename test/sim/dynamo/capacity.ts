import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { Table } from './table.ts';

type Asked = { ReturnConsumedCapacity?: string | undefined };

const isWanted = ({ ReturnConsumedCapacity: asked }: Asked): boolean => asked === 'TOTAL' || asked === 'INDEXES';

/** The answer's field for an operation on one table, if the caller wants it. */
export function consumedBy(asked: Asked, table: Table, units: number): { ConsumedCapacity?: ConsumedCapacity } {
  if (!isWanted(asked)) return {};
  return { ConsumedCapacity: capacity(asked, table, units) };
}

/** The same for an operation on several; transactions also say which kind of units they were. */
export function consumedByEach(
  asked: Asked,
  units: ReadonlyMap<Table, number>,
  kind?: 'ReadCapacityUnits' | 'WriteCapacityUnits',
): { ConsumedCapacity?: ConsumedCapacity[] } {
  if (!isWanted(asked)) return {};
  const each = [...units].map(([table, total]) => ({
    ...capacity(asked, table, total),
    ...(kind && { [kind]: total }),
  }));
  return { ConsumedCapacity: each };
}

export function addUnits(units: Map<Table, number>, table: Table, more: number): void {
  units.set(table, (units.get(table) ?? 0) + more);
}

function capacity(asked: Asked, { name }: Table, CapacityUnits: number): ConsumedCapacity {
  const total = { TableName: name, CapacityUnits };
  return asked.ReturnConsumedCapacity === 'INDEXES' ? { ...total, Table: { CapacityUnits } } : total;
}
