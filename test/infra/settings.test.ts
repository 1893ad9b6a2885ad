import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { ENV } from '#functions/routes.ts';
import { settingsFrom } from '#lib/settings.ts';
import { RULES } from './rules.ts';
import { ofType, synthesise } from './synthesis.ts';

describe('settings', () => {
  it('have defaults', () => {
    expect(settingsFrom(new App().node)).toEqual({
      stage: 'prod',
      apiRateLimit: 2000,
      apiBurstLimit: 4000,
      locator: 'embedded',
      tracing: false,
      reservedConcurrency: {},
    });
  });

  it.each([
    { stage: 'Prod!' },
    { emailFrom: 'nobody' },
    { domainName: 'go.shop.example' },
    { reservedConcurrency: '{"engage": -1}' },
    { tracing: 'perhaps' },
    { smsOrigin: '+0123' },
  ])('that cannot be meant stop the synth: %j', (context) => {
    expect(() => settingsFrom(new App({ context }).node)).toThrow(/^settings: /);
  });
});

describe('names', () => {
  it('that are no setting are refused, and CDK’s own are let be', () => {
    const context = {
      'cli-telemetry': false,
      'aws:cdk:x': 1,
      '@aws-cdk/core:y': true,
      'availability-zones:account=1': [],
    };
    expect(() => settingsFrom(new App({ context }).node)).not.toThrow();
    expect(() => settingsFrom(new App({ context: { ...context, emailForm: 'a@shop.example' } }).node)).toThrow(
      /^settings: there is no emailForm; there are stage, emailFrom, /,
    );
  });

  it('of functions that do not exist are refused', () => {
    const context = { reservedConcurrency: '{"engag": 50}' };
    expect(() => settingsFrom(new App({ context }).node)).toThrow(/names a function that does not exist; .* engage, /);
  });
});

describe('SMS go out from', () => {
  it.each([
    { smsOrigin: '+12065550100', arn: ':phone-number/*' },
    { smsOrigin: 'phone-0123456789abcdef', arn: ':phone-number/phone-0123456789abcdef' },
    { smsOrigin: 'BECKON', arn: ':sender-id/BECKON/*' },
    { smsOrigin: 'arn:aws:sms-voice:eu-west-1:111122223333:pool/p', arn: ':111122223333:pool/p' },
  ])('$smsOrigin', ({ smsOrigin, arn }) => {
    const { resources } = synthesise({ smsOrigin });
    const grants = ofType(resources, 'AWS::IAM::Policy')
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action === 'sms-voice:SendTextMessage');
    expect(grants).toHaveLength(1);
    expect(JSON.stringify(grants[0].Resource)).toContain(`${arn}"`);
    const variables = ofType(resources, 'AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties.Environment?.Variables?.[ENV.smsOrigin],
    );
    expect(variables.filter(Boolean)).toEqual([smsOrigin]);
  });
});

describe('with everything set, as `cdk -c` sets it', () => {
  const { resources, beckon } = synthesise({
    stage: 'test',
    emailFrom: 'Shop <hello@mail.shop.example>',
    smsOrigin: 'pool-0123456789abcdef',
    domainName: 'go.shop.example',
    certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/c',
    alarmEmail: 'ops@shop.example',
    reservedConcurrency: '{"engage": 50}',
  });
  const variables = ofType(resources, 'AWS::Lambda::Function').map(
    ([, { Properties }]) => Properties.Environment?.Variables,
  );
  const statements = ofType(resources, 'AWS::IAM::Policy').flatMap(
    ([, { Properties }]) => Properties.PolicyDocument.Statement,
  );

  it.each(RULES)('$says', ({ offences }) => {
    expect(offences(resources)).toEqual([]);
  });

  it('the stacks carry the stage', () => {
    expect([beckon.data.stackName, beckon.service.stackName]).toEqual(['Beckon-test-Data', 'Beckon-test-Service']);
  });

  it('mail goes out as the sender’s address or domain, and as nobody else', () => {
    const mail = statements.filter(({ Action }) => [Action].flat().includes('ses:SendEmail'));
    const identities = mail
      .flatMap(({ Resource }) => [Resource].flat())
      .map((arn) => JSON.stringify(arn).match(/identity\/([^"]+)/)?.[1]);
    // The sender of offers, the portal, whose codes go by mail, and whoever asks people to confirm that they agree.
    const own = ['hello@mail.shop.example', 'mail.shop.example'];
    expect(identities.sort()).toEqual([...own, ...own, ...own].sort());
    const from = 'Shop <hello@mail.shop.example>';
    expect(variables.map((each) => each?.[ENV.emailFrom]).filter(Boolean)).toEqual([from, from, from]);
  });

  it('SMS go out from the pool', () => {
    const sms = statements.filter(({ Action }) => [Action].flat().includes('sms-voice:SendTextMessage'));
    expect(sms).toHaveLength(1);
    expect(JSON.stringify(sms[0].Resource)).toContain(':pool/pool-0123456789abcdef');
  });

  it('links carry the domain, and the bare API endpoint is closed', () => {
    const urls = new Set(variables.map((each) => each?.[ENV.publicUrl]).filter(Boolean));
    expect([...urls]).toEqual(['https://go.shop.example']);
    expect(ofType(resources, 'AWS::ApiGatewayV2::Api')[0]?.[1].Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(ofType(resources, 'AWS::ApiGatewayV2::ApiMapping')).toHaveLength(1);
  });

  it('one function is held to its ceiling', () => {
    const ceilings = ofType(resources, 'AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties.ReservedConcurrentExecutions,
    );
    expect(ceilings.filter((ceiling) => ceiling !== undefined)).toEqual([50]);
  });

  it('alarms reach a person', () => {
    expect(ofType(resources, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties.Endpoint)).toEqual([
      'ops@shop.example',
    ]);
  });
});

describe('a channel without a sender', () => {
  const EMAIL = { emailFrom: 'hello@shop.example' };
  const SMS = { smsOrigin: 'pool-0123456789abcdef' };

  it.each([
    { given: {}, channels: '' },
    { given: EMAIL, channels: 'email' },
    { given: SMS, channels: 'sms' },
    { given: { ...EMAIL, ...SMS }, channels: 'email,sms' },
  ])('is not among those that may be chosen: $given gives "$channels"', ({ given, channels }) => {
    const { resources } = synthesise(given);
    const told = ofType(resources, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => [Properties.Description, Properties.Environment?.Variables?.[ENV.channels]])
      .filter(([, value]) => value !== undefined);
    const deciders = ['engage', 'catalogue', 'tap', 'portal', 'people'].map((name) => [`Beckon ${name}`, channels]);
    expect(told.sort()).toEqual(deciders.sort());
  });
});

describe('without a sender', () => {
  it('nobody may send', () => {
    const { resources } = synthesise();
    const actions = ofType(resources, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => JSON.stringify(Properties));
    expect(actions.filter((text) => /ses:|sms-voice:/.test(text))).toEqual([]);
  });
});
