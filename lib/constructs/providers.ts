import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { EmailIdentity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';

/**
 * Lets `grantee` send e-mail as `from` (`hello@shop.example`, or `Shop <hello@shop.example>`) and as nobody else.
 * SES asks for the identity that was verified, which is the address or its domain.
 */
export function grantSendEmail(scope: Construct, grantee: IGrantable, from: string): void {
  const address = /<([^>]+)>/.exec(from)?.[1] ?? from;
  const domain = address.slice(address.indexOf('@') + 1);
  EmailIdentity.fromEmailIdentityName(scope, 'SenderAddress', address).grantSendEmail(grantee);
  EmailIdentity.fromEmailIdentityName(scope, 'SenderDomain', domain).grantSendEmail(grantee);
}

/** What `grantSendSms` grants with a wildcard, as one ARN cannot name it: the account's numbers, or a sender id's countries. */
export function smsWildcard(origin: string): string | undefined {
  const granted = resourceOf(origin).join('/');
  return !origin.startsWith('arn:') && granted.endsWith('*') ? granted : undefined;
}

/** Lets `grantee` send SMS from `origin`: a number, a phone number id, a pool id, a sender id, or the ARN of one. */
export function grantSendSms(scope: Construct, grantee: IGrantable, origin: string): void {
  Grant.addToPrincipal({ grantee, actions: ['sms-voice:SendTextMessage'], resourceArns: [originArn(scope, origin)] });
}

function originArn(scope: Construct, origin: string): string {
  if (origin.startsWith('arn:')) return origin;
  const [resource, resourceName] = resourceOf(origin);
  const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: 'sms-voice', resource, resourceName, arnFormat });
}

function resourceOf(origin: string): [resource: string, name: string] {
  // The ARN of a number has an id that the number itself does not tell.
  if (origin.startsWith('+')) return ['phone-number', '*'];
  if (origin.startsWith('phone-')) return ['phone-number', origin];
  if (origin.startsWith('pool-')) return ['pool', origin];
  // A sender id exists once per country that it is registered in.
  return ['sender-id', `${origin}/*`];
}
