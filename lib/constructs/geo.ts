import { Names, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnGeofenceCollection, CfnTracker, CfnTrackerConsumer } from 'aws-cdk-lib/aws-location';
import { Construct } from 'constructs';
import type { LocationAccess } from '#functions/routes.ts';

/**
 * Amazon Location as the locator, for who already has devices there; idle, it costs nothing. Entering and leaving a geofence always
 * reaches EventBridge. The tracker's own switch for EventBridge stays off: it would publish every position, and a
 * precise position belongs in as few places as possible. Amazon keeps what a tracker is sent for 30 days, longer than
 * Beckon keeps positions: an erasure takes them back.
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

  get names(): { collection: string; tracker: string } {
    return { collection: this.collection.ref, tracker: this.tracker.ref };
  }

  grant(grantee: IGrantable, access: LocationAccess): void {
    const { on, actions } = ACTIONS[access];
    const resourceArns = [on === 'collection' ? this.collection.attrArn : this.tracker.attrArn];
    Grant.addToPrincipal({ grantee, actions, resourceArns });
  }
}

/** One action for each thing that is asked; Amazon Location knows no finer resource than the collection and the tracker. */
const ACTIONS: Record<LocationAccess, { on: 'collection' | 'tracker'; actions: string[] }> = {
  'write-geofences': { on: 'collection', actions: ['geo:BatchPutGeofence', 'geo:BatchDeleteGeofence'] },
  'read-geofences': { on: 'collection', actions: ['geo:GetGeofence', 'geo:ListGeofences'] },
  positions: { on: 'tracker', actions: ['geo:BatchUpdateDevicePosition', 'geo:BatchDeleteDevicePositionHistory'] },
};

/** Amazon Location allows 100 characters. */
function nameOf(scope: Construct, what: string): string {
  return `${Names.uniqueResourceName(scope, { maxLength: 90, separator: '-' })}-${what}`;
}
