import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

const PRIVATE: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

/**
 * The merchant's own bucket: facts as files by date under `events/`, the locator's buffer under `snapshots/`.
 * Not versioned, on purpose: an old version would keep what an erasure took out, and both kinds of file can be made
 * again from the tables.
 */
export class EventStore extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...PRIVATE,
      lifecycleRules: [{ expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    this.bucket = new Bucket(this, 'Bucket', {
      ...PRIVATE,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'events/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        {
          // Reports ask for weeks; 90 days on, reading is rare enough that infrequent access costs less.
          prefix: 'events/',
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(90) }],
        },
      ],
    });
  }
}
