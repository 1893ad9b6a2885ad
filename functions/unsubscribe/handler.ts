import { httpFunction } from '../shared/http.ts';
import { unsubscribeSteps } from './steps.ts';

/** The link in every message. */
export const handler = httpFunction('unsubscribe', unsubscribeSteps);
