import { httpFunction } from '../shared/http.ts';
import { openApiDocument } from './openapi.ts';

/** What every client may know: that the service is there, and what it offers. */
export const handler = httpFunction('meta', {
  health: () => ({ status: 200, body: { status: 'ok' } }),
  openapi: () => ({ status: 200, body: openApiDocument() }),
});
