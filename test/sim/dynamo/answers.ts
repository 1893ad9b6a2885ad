import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Command } from './database.ts';
import { canonicalNumber } from './decimal.ts';

/** What one command came to, in a form in which two implementations can be compared. */
export type Answer = { json: string; error?: string; lastKey?: unknown };

/** Sends a command, and tells its output or its error: names and codes, not words. */
export async function answerOf(
  client: Pick<DynamoDBClient, 'send'>,
  command: Command,
  withUnits: boolean,
): Promise<Answer> {
  try {
    const {
      $metadata: _,
      ConsumedCapacity,
      ...output
    } = (await client.send(command as never)) as object as Record<string, unknown>;
    if (command instanceof BatchGetItemCommand) sortResponses(output.Responses);
    const json = stable({ ...output, ...(withUnits && { units: unitsOf(ConsumedCapacity) }) });
    return { json, lastKey: output.LastEvaluatedKey };
  } catch (error) {
    const { name, CancellationReasons, Item } = error as Refusal;
    const reasons = CancellationReasons?.map(({ Code, Item }) => ({ Code, Item }));
    return { json: stable({ name, reasons, Item }), error: name };
  }
}

/** A batch of reads promises no order. */
function sortResponses(responses: unknown): void {
  const inOrder = (a: unknown, b: unknown) => (stable(a) < stable(b) ? -1 : 1);
  for (const items of Object.values((responses ?? {}) as Record<string, unknown[]>)) items.sort(inOrder);
}

/** Whether two answers agree. Of two faults in one request it is not promised which is told. */
export function agree(ours: Answer, theirs: Answer): boolean {
  if (ours.error === 'ResourceNotFoundException' && OTHER_FAULTS.includes(theirs.error)) return true;
  // A transaction that is malformed and carries a token that was used: nobody documents which of the two is told.
  if (OTHER_FAULTS.includes(ours.error) && OTHER_FAULTS.includes(theirs.error)) return true;
  return ours.json === theirs.json;
}

const OTHER_FAULTS: readonly unknown[] = ['ValidationException', 'IdempotentParameterMismatchException'];

type Refusal = { name: string; CancellationReasons?: { Code?: string; Item?: unknown }[]; Item?: unknown };

/** JSON in which neither the order of names or members nor the spelling of numbers matters. */
export function stable(value: unknown): string {
  return JSON.stringify(settled(value));
}

function settled(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, settledField(name, inner)]));
}

function settledField(name: string, value: unknown): unknown {
  if (name === 'N' && typeof value === 'string') return canonicalNumber(value);
  if (name === 'NS' && Array.isArray(value)) return value.map((number) => canonicalNumber(String(number))).sort();
  if ((name === 'SS' || name === 'BS') && Array.isArray(value))
    return value.map((member) => JSON.stringify(settled(member))).sort();
  return settled(value);
}

/** `[table, units]` by table; how an answer splits them into reading and writing is its own affair. */
function unitsOf(consumed: unknown): unknown {
  return [consumed ?? []]
    .flat()
    .map((one) => one as { TableName: string; CapacityUnits: number })
    .map(({ TableName, CapacityUnits }) => `${TableName} ${CapacityUnits}`)
    .sort();
}
