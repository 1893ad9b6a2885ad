import type { Consent } from '#core/model/person.ts';
import { hasConsent } from '#core/people/consent.ts';
import { changePerson, getPerson, type StoredPerson } from '#store/people.ts';
import type { HttpRequest, HttpResponse, HttpStep } from '../shared/http.ts';
import { Problem } from '../shared/problem.ts';
import { addressMark, type Confirmation, readConfirmToken, tokenProof } from './confirm-token.ts';
import { page } from './html.ts';

/** Double opt-in: a GET, which mail scanners follow, only asks; the button agrees. */
export const confirmSteps: Record<string, HttpStep> = {
  showConfirm: async (request) => {
    await asked(request);
    return page(
      `<p lang="en">Do you want offers by email?</p><p lang="zh-CN">您愿意通过邮件接收优惠吗？</p>
<form method="post"><p><button><span lang="en">Yes, send them to me</span> · <span lang="zh-CN">是的，请发给我</span></button></p></form>
<p lang="en">If not, do nothing: without this button nothing is sent.</p><p lang="zh-CN">如不愿意，无需操作：未点击此按钮，我们不会发送。</p>`,
    );
  },
  confirm: async (request) => await confirmed(request, await asked(request)),
};

async function confirmed(request: HttpRequest, { brand, personId, programmes }: Confirmation): Promise<HttpResponse> {
  const { db, now } = request.runtime;
  const proof = tokenProof(request.path.token ?? '');
  await changePerson(db, brand, personId, (before) => {
    const consents = before ? grantsFor(before, programmes, { proof, now: now() }) : [];
    if (!before || consents.length === 0) return undefined;
    const { identifiers, attributes } = before.person;
    return { identifiers, attributes, consents };
  });
  return page('<p lang="en">Thank you. It holds from now on.</p><p lang="zh-CN">谢谢，即刻生效。</p>');
}

/** What the button says and the record does not say yet: later than all that was said before, whichever clock said it. */
function grantsFor(
  { standing }: StoredPerson,
  programmes: Confirmation['programmes'],
  { proof, now }: { proof: string; now: number },
): Consent[] {
  const { consents } = standing;
  const at = new Date(Math.max(now, ...Object.values(consents).map((state) => state.at + 1))).toISOString();
  return programmes.flatMap((programme): Consent[] => {
    const scope = programme === null ? {} : { programme };
    if (hasConsent(consents, 'marketing', 'email', { ...scope, proven: true })) return [];
    return [{ purpose: 'marketing', channel: 'email', ...scope, granted: true, at, source: 'double-opt-in', proof }];
  });
}

/** @throws Problem 404 for a link that is not ours, or too old, or was sent to an address that is no longer theirs */
async function asked({ path, runtime }: HttpRequest): Promise<Confirmation> {
  const secret = await runtime.secret('linkSecret');
  const confirmation = readConfirmToken(secret, path.token ?? '', runtime.now());
  const stored = confirmation && (await getPerson(runtime.db, confirmation.brand, confirmation.personId));
  const isTheirs = stored?.person.identifiers.some(
    ({ kind, value }) => kind === 'email' && addressMark(secret, value) === confirmation?.addressMark,
  );
  if (!confirmation || !isTheirs) throw new Problem('not-found', 'this link is not complete, or no longer good');
  return confirmation;
}
