import { createHmac } from 'node:crypto';
import { ChannelError } from '#channels/channel.ts';
import type { ConfirmationMail } from '#channels/email.ts';
import { addressOf } from '#core/decide/channel.ts';
import type { Consent } from '#core/model/person.ts';
import { hasConsent, isProof } from '#core/people/consent.ts';
import { demandsOn } from '#core/people/jurisdictions.ts';
import { getMeta } from '#store/catalogue.ts';
import { takeTurn } from '#store/guests.ts';
import type { StoredPerson } from '#store/people.ts';
import { ENV } from '../routes.ts';
import { log } from '../shared/log.ts';
import type { Runtime } from '../shared/runtime.ts';
import { brandName } from '../tap/names.ts';
import { addressMark, confirmToken } from '../unsubscribe/confirm-token.ts';

export type ConfirmationSender = (mail: ConfirmationMail) => Promise<void>;

const HOUR_MS = 3_600_000;
/** A link is good for a week. */
const GOOD_FOR_MS = 7 * 24 * HOUR_MS;
/** Mails in any hour: to one address, and of one brand, so that it cannot be made to flood mailboxes. */
const TURNS = { address: 3, brand: 600 };

/**
 * Asks by mail whoever is said to have agreed to marketing by email, where that must be shown (double opt-in) and nothing
 * shows it: once for each time that they are said to, however often the same is said again.
 */
export async function askToConfirm(
  runtime: Runtime,
  send: ConfirmationSender,
  {
    brand,
    before,
    after,
    said,
  }: { brand: string; before: StoredPerson | undefined; after: StoredPerson; said: readonly Consent[] },
): Promise<void> {
  const address = addressOf('email', after.person);
  const fresh = said.filter((consent) => coversEmail(consent) && isNews(before, consent));
  if (address === undefined || fresh.length === 0 || !runtime.channels.includes('email')) return;
  const { rules } = await getMeta(runtime.db, { kind: 'brand', id: brand });
  const { proven, ...others } = demandsOn(
    'marketing',
    { person: after.person, brand: rules, now: runtime.now() },
    'email',
  );
  if (!proven) return;
  const pending = [...new Set(fresh.map(({ programme }) => programme ?? null))].filter((programme) => {
    const demands = { ...others, ...(programme !== null && { programme }) };
    const holds = (more: object): boolean =>
      hasConsent(after.standing.consents, 'marketing', 'email', { ...demands, ...more });
    return holds({}) && !holds({ proven });
  });
  if (pending.length === 0) return;
  const secret = await runtime.secret('linkSecret');
  const turn = (of: keyof typeof TURNS, who: string): Promise<boolean> =>
    takeTurn(
      runtime.db,
      { kind: 'brand', id: brand },
      {
        digest: createHmac('sha256', secret).update(`confirm-turns/${of}/${who}`).digest('base64url'),
        limit: TURNS[of],
        windowMs: HOUR_MS,
        now: runtime.now(),
      },
    );
  if (!(await turn('address', address)) || !(await turn('brand', brand))) return;
  const token = confirmToken(secret, {
    brand,
    personId: after.person.personId,
    addressMark: addressMark(secret, address),
    programmes: pending,
    until: runtime.now() + GOOD_FOR_MS,
  });
  const locale = languageOf(fresh, after);
  try {
    await send({ address, locale, brand: brandName(brand), url: `${runtime.requireEnv(ENV.publicUrl)}/c/${token}` });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    log('WARN', 'a confirmation mail was not sent', { function: 'people', brand, reason: error.reason });
  }
}

const coversEmail = ({ purpose, channel, granted, proof }: Consent): boolean =>
  purpose === 'marketing' && granted && !isProof(proof) && (channel === 'email' || channel === 'any');

/** Whether it was not said before: software that puts the same profile every hour asks nobody every hour. */
function isNews(before: StoredPerson | undefined, { purpose, channel, programme, at }: Consent): boolean {
  const state =
    before?.standing.consents[[purpose, channel, ...(programme === undefined ? [] : [programme])].join('/')];
  return state === undefined || state.at < Date.parse(at);
}

function languageOf(said: readonly Consent[], { person }: StoredPerson): string {
  const language = said.find((consent) => consent.language !== undefined)?.language ?? person.attributes.locale;
  return String(language).toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
