import { createSmsSender } from '#channels/sms.ts';
import { ENV } from '../routes.ts';
import { DeliverSchema, deliver } from '../shared/deliver.ts';
import { once, requireEnv } from '../shared/environment.ts';
import { queueFunction } from '../shared/worker.ts';

const sender = once(() => createSmsSender({ origin: requireEnv(ENV.smsOrigin) }));

export const handler = queueFunction('deliver-sms', DeliverSchema, (message, runtime) =>
  deliver(runtime, sender(), message),
);
