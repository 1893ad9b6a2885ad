import { withdrawMarketing } from '#store/people.ts';
import { type HttpRequest, type HttpResponse, httpFunction } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { readUnsubscribeToken } from './token.ts';

/**
 * RFC 8058: a POST ends it, with no login, cookie or redirect; a GET, which mail scanners follow, only asks.
 */
export const handler = httpFunction('unsubscribe', {
  showUnsubscribe: async (request) => {
    await tokenOf(request);
    return page(
      `<p lang="en">Stop these messages?</p><p lang="zh-CN">不再接收此类消息？</p>
<form method="post"><button type="submit"><span lang="en">Unsubscribe</span> · <span lang="zh-CN">退订</span></button></form>`,
    );
  },
  unsubscribe: async (request) => {
    const { brand, personId, channel } = await tokenOf(request);
    await withdrawMarketing(request.runtime.db, brand, personId, {
      channel,
      source: 'one-click-unsubscribe',
      now: request.runtime.now(),
    });
    return page(
      '<p lang="en">Done. You will get no more of these.</p><p lang="zh-CN">已退订，您将不再收到此类消息。</p>',
    );
  },
});

async function tokenOf({ path, runtime }: HttpRequest) {
  const token = readUnsubscribeToken(await runtime.secret('linkSecret'), path.token ?? '');
  if (!token) throw new Problem('not-found', 'this link is not complete');
  return token;
}

function page(content: string): HttpResponse {
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
