import { Names, RemovalPolicy } from 'aws-cdk-lib';
import { CfnGeofenceCollection, CfnTracker, CfnTrackerConsumer } from 'aws-cdk-lib/aws-location';
import { Construct } from 'constructs';

/**
 * Amazon Location, for who already has devices there; idle, it costs nothing. Entering and leaving a geofence always
 * reaches EventBridge. The tracker's own switch for EventBridge stays off: it would publish every position, and a
 * precise position belongs in as few places as possible. Amazon keeps what a tracker is sent for 30 days, longer than
 * Beckon keeps positions; who minds evaluates positions against the collection and leaves the tracker unused.
 */
export class Geo extends Construct {
  readonly collection: CfnGeofenceCollection;
  readonly tracker: CfnTracker;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // CloudFormation demands a name for both; one derived from the path is as good as none.
    this.collection = new CfnGeofenceCollection(this, 'Collection', { collectionName: nameOf(this, 'places') });
    this.tracker = new CfnTracker(this, 'Tracker', {
      trackerName: nameOf(this, 'devices'),
      // Fixes that differ by less than their accuracy are noise, and each would be billed.
      positionFiltering: 'AccuracyBased',
      eventBridgeEnabled: false,
    });
    const link = new CfnTrackerConsumer(this, 'Link', {
      consumerArn: this.collection.attrArn,
      trackerName: this.tracker.ref,
    });
    for (const resource of [this.collection, this.tracker, link]) resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}

/** Amazon Location allows 100 characters. */
function nameOf(scope: Construct, what: string): string {
  return `${Names.uniqueResourceName(scope, { maxLength: 90, separator: '-' })}-${what}`;
}
