import { Tags, Validations, type App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack } from './data-stack.ts';
import { acknowledgeFindings } from './nag-acknowledgements.ts';
import { ServiceStack } from './service-stack.ts';
import { settingsFrom } from './settings.ts';

export type Beckon = { data: DataStack; service: ServiceStack };

/** Adds one stage of Beckon to `app`, without account or region: it deploys to wherever the caller's credentials point. */
export function addBeckon(app: App, bundleDirs: ReadonlyMap<string, string>): Beckon {
  const settings = settingsFrom(app.node);
  const data = new DataStack(app, `Beckon-${settings.stage}-Data`, {
    description: 'Beckon: tables, events, secrets, logins, geofences (kept)',
    terminationProtection: true,
  });
  const service = new ServiceStack(app, `Beckon-${settings.stage}-Service`, {
    description: 'Beckon: API, functions, queues, alarms (stateless)',
    data,
    settings,
    bundleDirs,
  });
  for (const stack of [data, service]) Tags.of(stack).add('beckon:stage', settings.stage);
  acknowledgeFindings({ data, service });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { data, service };
}
