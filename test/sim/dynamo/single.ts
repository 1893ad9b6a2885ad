import type {
  DeleteItemCommandInput,
  DeleteItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  PutItemCommandInput,
  PutItemCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { consumedBy } from './capacity.ts';
import { conditionFailed, validation } from './errors.ts';
import { bind, projectedPaths, projectionOf } from './expressions.ts';
import { keyOf, refuseEmptyKeys } from './keys.ts';
import { project, readPath, type Steps } from './paths.ts';
import type { ReadOptions, Tables } from './ports.ts';
import { readUnits } from './size.ts';
import type { Image } from './table.ts';
import { updatedPaths } from './update.ts';
import { canonicalItem, copyItem, type Item } from './values.ts';
import { judge, nextImage, readWrite, unitsOf, type Write, type WriteKind } from './writes.ts';

type SingleInput = PutItemCommandInput | UpdateItemCommandInput | DeleteItemCommandInput;
type SingleOutput = PutItemCommandOutput & UpdateItemCommandOutput & DeleteItemCommandOutput;

const RETURN_VALUES: Record<Exclude<WriteKind, 'ConditionCheck'>, readonly string[]> = {
  Put: ['NONE', 'ALL_OLD'],
  Delete: ['NONE', 'ALL_OLD'],
  Update: ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'],
};

export function getItem(tables: Tables, input: GetItemCommandInput, { asOf }: ReadOptions): GetItemCommandOutput {
  const table = tables.get(input.TableName);
  const given = canonicalItem(input.Key as Item);
  refuseEmptyKeys(given);
  const projection = projectionOf(input.ProjectionExpression);
  const bound = bind({ ExpressionAttributeNames: input.ExpressionAttributeNames }, [projection]);
  const { pk, sk } = keyOf(given);
  const image = table.get(pk, sk, input.ConsistentRead ? undefined : asOf);
  const read = readUnits(image?.bytes ?? 0, input.ConsistentRead ? 'consistent' : 'eventual');
  table.charge('GetItem', { read }, 1);
  return {
    $metadata: {},
    ...(image && { Item: shown(image, projection && projectedPaths(projection, bound.names)) as Attributes }),
    ...consumedBy(input, table, read),
  };
}

type Attributes = NonNullable<GetItemCommandOutput['Item']>;

/** What a caller gets of an image: a copy of all of it, or of the parts at these paths. */
export const shown = ({ item }: Image, paths: readonly Steps[] | undefined): Item =>
  copyItem(paths ? project(item, paths) : item);

/** PutItem, UpdateItem or DeleteItem. */
export function writeItem(tables: Tables, kind: keyof typeof RETURN_VALUES, input: SingleInput): SingleOutput {
  const table = tables.get(input.TableName);
  const returnValues = input.ReturnValues ?? 'NONE';
  if (!RETURN_VALUES[kind].includes(returnValues)) throw validation('Return values set to invalid value');
  const write = readWrite(kind, table, input);
  const { old, holds } = judge(write);
  const next = holds ? nextImage(write, old) : undefined;
  const units = unitsOf(write, old, next);
  table.charge(`${kind}Item`, { write: units }, 1);
  if (!holds) throw conditionFailed(write.returnsOld && old ? copyItem(old.item) : undefined);
  table.write(write.key, next, tables.now());
  const attributes = returned(write, returnValues, old, next);
  return {
    $metadata: {},
    ...(attributes && { Attributes: copyItem(attributes) as Attributes }),
    ...consumedBy(input, table, units),
  };
}

function returned(write: Write, returnValues: string, old: Image | undefined, next: Image | undefined) {
  switch (returnValues) {
    case 'ALL_OLD':
      return old?.item;
    case 'ALL_NEW':
      return next?.item;
    case 'UPDATED_OLD':
      return old && updatedParts(write, old.item);
    case 'UPDATED_NEW':
      return next && updatedParts(write, next.item);
    default:
      return undefined;
  }
}

/** The parts that the update names; of an attribute in which it names a list's element, all. */
function updatedParts({ update, bound }: Write, item: Item): Item | undefined {
  if (!update) return undefined;
  const there = updatedPaths(update, bound.names).filter((steps) => readPath(item, steps) !== undefined);
  if (there.length === 0) return undefined;
  const whole = new Set(there.filter((steps) => steps.some((step) => typeof step === 'number')).map(([name]) => name));
  return project(
    item,
    there.map((steps) => (whole.has(steps[0]) ? steps.slice(0, 1) : steps)),
  );
}
