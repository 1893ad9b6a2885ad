import { type TransactWriteItem, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { Random } from '#local/random.ts';

/** Any command of the DynamoDB client: the simulation looks at its class and its input only. */
// biome-ignore lint/suspicious/noExplicitAny: the input's type is each command's own
export type AnyCommand = { constructor: { name: string }; input: any };

type Attributes = Record<string, { S?: string } | undefined>;
type Write = { TableName?: string; Item?: Attributes; Key?: Attributes };

export const nameOf = (command: AnyCommand): string => command.constructor.name.replace(/Command$/, '');

const READS: readonly string[] = ['GetItem', 'BatchGetItem', 'Query', 'TransactGetItems'];
export const isRead = (command: AnyCommand): boolean => READS.includes(nameOf(command));
export const isTransaction = (command: AnyCommand): boolean => nameOf(command) === 'TransactWriteItems';
export const tokenOf = (command: AnyCommand): string | undefined => command.input.ClientRequestToken;

/** The SDK gives a transaction without a token one of its own, before its first try: retries carry the same. */
export function withToken(command: AnyCommand, random: Random): AnyCommand {
  if (!isTransaction(command) || tokenOf(command) !== undefined) return command;
  const token = Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 32).toString(16)).join('-');
  return new TransactWriteItemsCommand({ ...command.input, ClientRequestToken: token }) as AnyCommand;
}

/** Each operation of a transaction, or the one write: `table/pk/sk`, in the command's order. */
export function writtenItems(command: AnyCommand): string[] {
  switch (nameOf(command)) {
    case 'TransactWriteItems':
      return (command.input.TransactItems as TransactWriteItem[]).map((item) =>
        itemId((item.Put ?? item.Update ?? item.Delete ?? item.ConditionCheck) as Write),
      );
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem':
      return [itemId(command.input as Write)];
    default:
      return [];
  }
}

/** Every key that a command names, for reading or writing: `[table, pk, sk]`. */
export function namedKeys(command: AnyCommand): { table: string; pk: string }[] {
  const { input } = command;
  const keyOf = ({ TableName = '', Item, Key }: Write) => ({ table: TableName, pk: (Item ?? Key)?.pk?.S ?? '' });
  switch (nameOf(command)) {
    case 'TransactWriteItems':
      return (input.TransactItems as TransactWriteItem[]).map((item) =>
        keyOf((item.Put ?? item.Update ?? item.Delete ?? item.ConditionCheck) as Write),
      );
    case 'BatchGetItem':
      return Object.entries(input.RequestItems as Record<string, { Keys: Attributes[] }>).flatMap(([table, { Keys }]) =>
        Keys.map((key) => ({ table, pk: key.pk?.S ?? '' })),
      );
    case 'BatchWriteItem':
      return Object.entries(
        input.RequestItems as Record<string, { PutRequest?: Write; DeleteRequest?: Write }[]>,
      ).flatMap(([TableName, requests]) =>
        requests.map(({ PutRequest, DeleteRequest }) => keyOf({ TableName, ...(PutRequest ?? DeleteRequest) })),
      );
    case 'Query':
      return [{ table: input.TableName, pk: input.ExpressionAttributeValues?.[':pk']?.S ?? '' }];
    default:
      return [keyOf(input as Write)];
  }
}

const itemId = ({ TableName = '', Item, Key }: Write): string => {
  const { pk, sk } = Item ?? Key ?? {};
  return `${TableName}/${pk?.S}/${sk?.S}`;
};

export function describe(command: AnyCommand): string {
  const items = writtenItems(command);
  return (items.length > 0 ? items : namedKeys(command).map(({ table, pk }) => `${table}/${pk}`)).join(' ');
}

/** A batch of which the service does only a part, and says so. */
export function partlyProcessed(
  command: AnyCommand,
  draw: () => number,
): { command: AnyCommand; complete: (output: object) => object } | undefined {
  const name = nameOf(command);
  if (name !== 'BatchGetItem' && name !== 'BatchWriteItem') return undefined;
  const done: Record<string, unknown> = {};
  const left: Record<string, unknown> = {};
  const split = <T>(all: T[]): [T[], T[]] => {
    const keep = all.map(() => draw() < 0.5);
    return [all.filter((_, index) => keep[index]), all.filter((_, index) => !keep[index])];
  };
  for (const [table, request] of Object.entries(command.input.RequestItems as Record<string, unknown>)) {
    const all = name === 'BatchGetItem' ? (request as { Keys: unknown[] }).Keys : (request as unknown[]);
    const [first, second] = split(all);
    const wrap = (list: unknown[]) => (name === 'BatchGetItem' ? { ...(request as object), Keys: list } : list);
    if (first.length > 0) done[table] = wrap(first);
    if (second.length > 0) left[table] = wrap(second);
  }
  if (Object.keys(left).length === 0 || Object.keys(done).length === 0) return undefined;
  const Command = command.constructor as unknown as new (input: unknown) => AnyCommand;
  const rest = name === 'BatchGetItem' ? 'UnprocessedKeys' : 'UnprocessedItems';
  return {
    command: new Command({ ...command.input, RequestItems: done }),
    complete: (output) => ({ ...output, [rest]: left }),
  };
}
