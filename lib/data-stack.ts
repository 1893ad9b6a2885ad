import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { functionsOf, type Locator, type SecretName, type TableName } from '#functions/routes.ts';
import { BeckonTable } from './constructs/beckon-table.ts';
import { EventStore } from './constructs/event-store.ts';
import { Geo } from './constructs/geo.ts';
import { Identity } from './constructs/identity.ts';
import { SigningSecret } from './constructs/signing-secret.ts';
import { tablesOf } from './environment.ts';
import { isFleeting } from './retention.ts';

/**
 * What must outlive any deployment: tables, events, secrets, people's logins, geofences. All of it is retained when the
 * stack goes. Never rename an id here: CloudFormation would make a new, empty resource in its place.
 */
export class DataStack extends Stack {
  readonly tables: ReadonlyMap<TableName, BeckonTable>;
  readonly secrets: ReadonlyMap<SecretName, SigningSecret>;
  readonly events: EventStore;
  readonly identity: Identity;
  /** Where Amazon Location is the locator. */
  readonly geo: Geo | undefined;

  constructor(scope: Construct, id: string, { locator, ...props }: StackProps & { locator: Locator }) {
    super(scope, id, props);
    const functions = functionsOf(locator);
    this.tables = byName(functions.flatMap(tablesOf), (name) => {
      const oldImages = functions.some(({ stream }) => stream?.table === name && stream.oldImages === true);
      return new BeckonTable(this, `Table-${name}`, { fleeting: isFleeting(name), oldImages });
    });
    this.secrets = byName(
      functions.flatMap(({ secrets }) => secrets ?? []),
      (name) => new SigningSecret(this, `Secret-${name}`),
    );
    this.events = new EventStore(this, 'Events');
    this.identity = new Identity(this, 'Identity');
    this.geo = locator === 'amazon' ? new Geo(this, 'Geo') : undefined;
  }
}

function byName<Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Map<Name, T> {
  return new Map([...new Set(names)].map((name) => [name, make(name)]));
}
