import { createHash } from 'node:crypto';

export type Language = 'en' | 'zh-CN';
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];
/** Raised with every change of a sentence below: a record must go on meaning what its guest has read. */
const TEXT_VERSION = 'v1';

/** What a guest may agree to, brand by brand. Offers come with sharing only: a brand that knows nobody shows none. */
export const ASKED = ['sharing', 'marketing'] as const;
export type Asked = (typeof ASKED)[number];
type Named = { brand: string; network: string };

const SENTENCES: Record<Asked, Record<Language, (names: Named) => string>> = {
  sharing: {
    en: ({ brand, network }) =>
      `Tell ${brand} when I use this venue’s WiFi (“${network}”): that a guest is here, and near which screen. Not my name, not my email.`,
    'zh-CN': ({ brand, network }) =>
      `我使用本场所的 WiFi（“${network}”）时告知${brand}：有一位顾客在此，以及在哪块屏幕附近。不含我的姓名和邮箱。`,
  },
  marketing: {
    en: ({ brand }) => `${brand} may show me its offers on pages that I open at its screens.`,
    'zh-CN': ({ brand }) => `我在其屏幕旁打开页面时，${brand}可以向我展示优惠。`,
  },
};

/** The sentence beside the box, word for word. */
export const consentText = (asked: Asked, language: Language, names: Named): string =>
  SENTENCES[asked][language](names);

/** Where a consent was given and which text was shown, as consent records name it. */
export const consentSource = (language: Language): string => `portal:${TEXT_VERSION}:${language}`;

/** Proof of what was shown: SHA-256 of the very sentence, in hex. */
export const proofOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a consent is filed under, of all that a guest has agreed to. */
export const consentKeyOf = (asked: Asked, brand: string): string => `${asked}/${brand}`;
