import { httpFunction } from '../shared/http.ts';
import { openApiDocument } from './openapi.ts';

/** What every client may know: that the service is there, and what it offers. */
export const handler = httpFunction('meta', {
  health: () => ({ status: 200, body: { status: 'ok' } }),
  // https://w3c.github.io/gpc/: that this site heeds the header `Sec-GPC: 1`, and when that last changed.
  gpcSupport: () => ({ status: 200, body: { gpc: true, lastUpdate: '2026-11-23' } }),
  openapi: () => ({ status: 200, body: openApiDocument() }),
});
