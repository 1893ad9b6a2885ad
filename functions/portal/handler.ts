import { createCodeSender } from '#channels/email.ts';
import { ENV } from '../routes.ts';
import { once, requireEnv } from '../shared/environment.ts';
import { httpFunction } from '../shared/http.ts';
import { portalSteps } from './steps.ts';

const sender = once(() => createCodeSender({ from: requireEnv(ENV.emailFrom) }));

export const handler = httpFunction(
  'portal',
  portalSteps((mail) => sender()(mail)),
);
