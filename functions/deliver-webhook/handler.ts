import { createWebhookSender } from '#channels/webhook.ts';
import { once } from '../shared/environment.ts';
import { processRuntime } from '../shared/process.ts';
import { queueFunction } from '../shared/worker.ts';
import { deliverWebhook, MembershipMessageSchema } from './deliver.ts';

const sender = once(() => createWebhookSender({ allowLoopback: processRuntime.loopbackWebhooks === true }));

/** Each message to the receiver that its segment names. */
export const handler = queueFunction('deliver-webhook', MembershipMessageSchema, (message, runtime) =>
  deliverWebhook(runtime, sender(), message),
);
