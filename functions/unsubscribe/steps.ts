import { type ConsentScope, EVERYTHING } from '#core/people/consent.ts';
import { withdraw } from '#store/people.ts';
import { objectOnce, objects } from '../shared/gpc.ts';
import type { HttpRequest, HttpStep } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { page } from './html.ts';
import { readUnsubscribeToken, type Unsubscription } from './token.ts';

/**
 * RFC 8058: a POST ends it, with no login, cookie or redirect; a GET, which mail scanners follow, only asks.
 */
export const unsubscribeSteps: Record<string, HttpStep> = {
  showUnsubscribe: async (request) => {
    const { brand, personId, programme } = await tokenOf(request);
    // Mail scanners follow links too, and say nothing of the kind.
    if (objects(request)) await objectOnce(request.runtime, brand, personId);
    const choices = [
      ...(programme === undefined ? [] : [button('programme', 'Stop these offers', '不再接收此类优惠')]),
      button('channel', 'Unsubscribe: nothing more this way', '退订：不再以此方式接收'),
      button('all', 'Stop everything: withdraw all I agreed to', '全部停止：撤回我的所有同意'),
    ];
    return page(
      `<p lang="en">Stop these messages?</p><p lang="zh-CN">不再接收此类消息？</p>
<form method="post">${choices.join('\n')}</form>`,
    );
  },
  unsubscribe: async (request) => {
    const token = await tokenOf(request);
    const { brand, personId } = token;
    if (objects(request)) await objectOnce(request.runtime, brand, personId);
    await withdraw(request.runtime.db, brand, personId, {
      scopes: scopesOf(token, new URLSearchParams(request.text).get('scope')),
      source: 'one-click-unsubscribe',
      now: request.runtime.now(),
    });
    return page(
      '<p lang="en">Done. You will get no more of these.</p><p lang="zh-CN">已退订，您将不再收到此类消息。</p>',
    );
  },
};

/** What was chosen; a mail program's one click, which chooses nothing, ends marketing by this channel (RFC 8058). */
function scopesOf({ channel, programme }: Unsubscription, choice: string | null): readonly ConsentScope[] {
  if (choice === 'all') return EVERYTHING;
  const isNarrow = choice === 'programme' && programme !== undefined;
  return [{ purpose: 'marketing', channel, ...(isNarrow && { programme }) }];
}

const button = (scope: string, english: string, chinese: string): string =>
  `<p><button name="scope" value="${scope}"><span lang="en">${english}</span> · <span lang="zh-CN">${chinese}</span></button></p>`;

async function tokenOf({ path, runtime }: HttpRequest) {
  const token = readUnsubscribeToken(await runtime.secret('linkSecret'), path.token ?? '');
  if (!token) throw new Problem('not-found', 'this link is not complete');
  return token;
}
