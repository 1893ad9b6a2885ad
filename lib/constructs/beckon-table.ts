import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Without `dynamodb:Scan`, which the construct library's own read grant would add: nothing here may walk a whole table. */
const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:ConditionCheckItem'];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'];

export type BeckonTableProps = {
  /** Nothing of it may outlive its rows: no backup, no stream. */
  fleeting: boolean;
  /** Its stream's readers compare with what was there before. */
  oldImages: boolean;
};

/**
 * A table as `store/` expects it: string keys `pk` and `sk`, expiry by `ttl` (epoch seconds), a stream of new images, or of both.
 * On demand, so an idle house costs nothing; restorable to any second of the last 35 days.
 */
export class BeckonTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, { fleeting, oldImages }: BeckonTableProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'ttl',
      ...(!fleeting && { dynamoStream: oldImages ? StreamViewType.NEW_AND_OLD_IMAGES : StreamViewType.NEW_IMAGE }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: !fleeting },
      encryption: TableEncryptionV2.awsManagedKey(),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  grantRead(grantee: IGrantable): void {
    this.table.grant(grantee, ...READ);
  }

  /** Writing includes reading: every write here is conditional, and its caller reads what it decides on. */
  grantWrite(grantee: IGrantable): void {
    this.table.grant(grantee, ...READ, ...WRITE);
  }
}
