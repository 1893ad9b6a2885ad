import type { HttpResponse } from '../shared/http.ts';

/** A page that is all that a link in a mail leads to: no script, nothing from elsewhere. */
export function page(content: string): HttpResponse {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Beckon</title><body style="font-family:sans-serif;max-width:30em;margin:4em auto;padding:0 1em">${content}</body></html>`;
  return {
    status: 200,
    body,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    },
  };
}
