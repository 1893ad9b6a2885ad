import { httpFunction } from '../shared/http.ts';
import { confirmSteps } from './confirm.ts';
import { unsubscribeSteps } from './steps.ts';

/** Where the links in mails lead: to end what somebody agreed to, and to confirm that they did. */
export const handler = httpFunction('unsubscribe', { ...unsubscribeSteps, ...confirmSteps });
