import { createEmailSender } from '#channels/email.ts';
import { ENV } from '../routes.ts';
import { DeliverSchema, deliver } from '../shared/deliver.ts';
import { once, requireEnv } from '../shared/environment.ts';
import { queueFunction } from '../shared/worker.ts';

const sender = once(() => {
  const from = requireEnv(ENV.emailFrom);
  // `Harbour Dairy <offers@example.com>`: the mailbox is what stands in the brackets.
  return createEmailSender({ from, unsubscribeMailbox: /<([^<>]+)>/.exec(from)?.[1] ?? from });
});

export const handler = queueFunction('deliver-email', DeliverSchema, (message, runtime) =>
  deliver(runtime, sender(), message),
);
