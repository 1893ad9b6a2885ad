import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack } from './data-stack.ts';
import { acknowledgeFindings } from './nag-acknowledgements.ts';
import { ServiceStack } from './service-stack.ts';
import { settingsFrom } from './settings.ts';

export type Beckon = { data: DataStack; service: ServiceStack };

/** One stage of Beckon in `app`, checked by cdk-nag: a finding that nobody has explained stops the synth. */
export function addBeckon(app: App, bundleDirs: ReadonlyMap<string, string>): Beckon {
  const beckon = addStacks(app, bundleDirs);
  acknowledgeFindings(beckon);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return beckon;
}

/** The two stacks, without account or region: they deploy to wherever the caller's credentials point. */
export function addStacks(app: App, bundleDirs: ReadonlyMap<string, string>): Beckon {
  const settings = settingsFrom(app.node);
  const data = new DataStack(app, `Beckon-${settings.stage}-Data`, {
    description: 'Beckon: tables, events, secrets, logins, geofences (kept)',
    terminationProtection: true,
    locator: settings.locator,
  });
  const service = new ServiceStack(app, `Beckon-${settings.stage}-Service`, {
    description: 'Beckon: API, functions, queues, alarms (stateless)',
    data,
    settings,
    bundleDirs,
  });
  for (const stack of [data, service]) Tags.of(stack).add('beckon:stage', settings.stage);
  return { data, service };
}
