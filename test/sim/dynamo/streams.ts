import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import { itemBytes } from './size.ts';
import { copyItem, type Item } from './values.ts';

/** Who made a change: DynamoDB itself, when an item's time to live was over. */
const TTL_IDENTITY = { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' } as const;

type Entry = { at: number; old: Item | undefined; new: Item | undefined; byTtl: boolean };
type ChangeRecord = _Record & { dynamodb: NonNullable<_Record['dynamodb']> };

/** The changes of one table in their order. A position is the number of changes before it, and never changes. */
export class Stream {
  private entries: Entry[] = [];
  private first = 0;

  /** The position after the last change. */
  get end(): number {
    return this.first + this.entries.length;
  }

  append(entry: Entry): void {
    this.entries.push(entry);
  }

  /** Up to `limit` changes from `position`, as GetRecords of a stream with both images gives them. */
  read(position: number, limit = Number.POSITIVE_INFINITY): ChangeRecord[] {
    if (position < this.first) throw new Error(`the stream was trimmed: ${position} is before ${this.first}`);
    const from = position - this.first;
    return this.entries.slice(from, from + limit).map((entry, index) => record(entry, position + index));
  }

  /** Forgets what is before `position`, which nobody will read again. */
  trim(position: number): void {
    const count = Math.min(position, this.end) - this.first;
    if (count <= 0) return;
    this.entries.splice(0, count);
    this.first += count;
  }
}

function record(entry: Entry, position: number): ChangeRecord {
  const { old, new: next, at, byTtl } = entry;
  const { pk, sk } = (next ?? old) as Item;
  const Keys = { pk, sk } as Item;
  const SequenceNumber = String(position + 1).padStart(21, '0');
  type Image = NonNullable<ChangeRecord['dynamodb']['NewImage']>;
  return {
    eventID: SequenceNumber,
    eventName: old ? (next ? 'MODIFY' : 'REMOVE') : 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'local',
    ...(byTtl && { userIdentity: TTL_IDENTITY }),
    dynamodb: {
      ApproximateCreationDateTime: new Date(Math.floor(at / 1000) * 1000),
      Keys: copyItem(Keys) as Image,
      ...(next && { NewImage: copyItem(next) as Image }),
      ...(old && { OldImage: copyItem(old) as Image }),
      SequenceNumber,
      SizeBytes: itemBytes(Keys) + (next ? itemBytes(next) : 0) + (old ? itemBytes(old) : 0),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
