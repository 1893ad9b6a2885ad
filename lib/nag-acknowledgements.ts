import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Beckon } from './beckon.ts';

export type Acknowledgement = {
  /** The cdk-nag rule. */
  id: string;
  /** Of rules that name each wildcard: what this one names. */
  wildcard?: (beckon: Beckon) => string;
  /** Exactly the constructs that it concerns; never a whole stack. */
  on: (beckon: Beckon) => IConstruct[];
  /** Why the finding is right and we do it all the same. */
  reason: string;
};

/**
 * Every cdk-nag finding that we live with, and why. There is no other place to silence one; a test fails when an entry
 * no longer has a finding.
 */
export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    id: 'AwsSolutions-SMG4',
    on: ({ data }) => [...data.secrets.values()],
    reason:
      'Coupons and unsubscribe links that people already hold are signed with these keys: replacing one on a schedule would void them all. Replacing one after a leak is a decision, and the runbook tells how.',
  },
  {
    id: 'AwsSolutions-COG2',
    on: ({ data }) => [data.identity.userPool],
    reason:
      'Tills and apps sign in unattended and cannot hold a second factor. People may add a TOTP app, and nobody can sign up by themselves.',
  },
  {
    id: 'AwsSolutions-COG8',
    on: ({ data }) => [data.identity.userPool],
    reason:
      'The plus plan sells risk scores at several times the price per user. Users are made by administrators only, with 12-character passwords and SRP sign-in, and the API is throttled.',
  },
  {
    id: 'AwsSolutions-APIG4',
    on: ({ service }) => service.publicRoutes,
    reason:
      'Public by design, and marked so in functions/routes.ts: a mail reader unsubscribes by a signed token in the link, a load balancer asks /healthz, and the API description holds no data.',
  },
  {
    id: 'AwsSolutions-SQS3',
    on: ({ service }) => service.failureQueues,
    reason:
      'These are dead-letter queues: of an event rule and of a stream. The rule of the check knows only redrive policies between queues.',
  },
  {
    id: 'AwsSolutions-IAM5',
    wildcard: ({ service }) =>
      `Resource::arn:<AWS::Partition>:sms-voice:<AWS::Region>:<AWS::AccountId>:${service.smsWildcard?.granted}`,
    on: ({ service }) => (service.smsWildcard ? [service.smsWildcard.role] : []),
    reason:
      'Only where smsOrigin is a number or a sender id: the ARN of a number has an id that nobody knows at synth, and a sender id has one ARN per country. The role sends SMS from this account, and does nothing else with it; a phone number id, pool id or ARN needs no wildcard.',
  },
  {
    id: 'AwsSolutions-IAM5',
    wildcard: ({ data, service }) => {
      const arn = service.resolve(data.exportValue(data.events.bucket.bucketArn)) as { 'Fn::ImportValue': string };
      return `Resource::${arn['Fn::ImportValue']}/places/*`;
    },
    on: ({ service }) => service.readersOfFiles,
    reason:
      'Files of places are named by what is in them, and made at run time: nobody can list them at synth. The role reaches that folder of the one bucket, and no other.',
  },
];

/** Tells cdk-nag of all of them, each with its reason, on its own constructs. */
export function acknowledgeFindings(beckon: Beckon): void {
  for (const acknowledgement of ACKNOWLEDGEMENTS) {
    const { on, reason } = acknowledgement;
    const id = findingOf(acknowledgement, beckon);
    for (const construct of on(beckon)) Validations.of(construct).acknowledge({ id, reason });
  }
}

/** The finding as cdk-nag names it. */
export function findingOf({ id, wildcard }: Acknowledgement, beckon: Beckon): string {
  return wildcard ? `${id}[${wildcard(beckon)}]` : id;
}
