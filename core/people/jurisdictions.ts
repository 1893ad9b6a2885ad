import type { BrandRules } from '../model/brand.ts';
import type { Channel, Person } from '../model/person.ts';
import type { ConsentLedger, Demands, Purpose } from './consent.ts';
import { hasConsent } from './consent.ts';

/**
 * What a jurisdiction asks of a consent. Marketing, location and sharing are opt-in in every one, each asked by itself.
 * These lines are inputs of an engineer, not legal advice: check them with your counsel.
 */
export type Jurisdiction = {
  /** ISO 3166: `DE`, `US-CA`; `US` is every other state, `*` is where nothing is known. */
  code: string;
  personalisation: 'opt-in' | 'opt-out';
  /** Whoever is younger, in years, needs a guardian's consent. */
  minorsBelow: number;
  /** The same for sharing, where it is another age. */
  sharingBelow?: number;
  /** Channels on which a sign-up is expected to be confirmed. */
  doubleOptIn: readonly Channel[];
  /** Whether `Sec-GPC: 1` is an objection by law; Beckon takes it as one everywhere. */
  gpc: boolean;
  source: string;
};

const GDPR = 'GDPR Art. 6, 7, 8, 21; ePrivacy Directive Art. 13';

/** Ages of Art. 8 GDPR by country: 16 unless its law says less. */
const EUROPE: Record<number, string> = {
  13: 'BE EE FI IS LV MT NO PT SE',
  14: 'AT BG CY ES IT LT',
  15: 'CZ DK FR GR SI',
  16: 'DE HR HU IE LI LU NL PL RO SK',
};

/** Channels, by country, on which courts and authorities expect a double opt-in. */
const DOUBLE_OPT_IN: Record<string, { channels: readonly Channel[]; source: string }> = {
  AT: { channels: ['email'], source: 'TKG 2021 § 174; DSB 2019 (D130.073)' },
  DE: { channels: ['email'], source: 'UWG § 7; BGH 10.02.2011, I ZR 164/09' },
};

/** States with a comprehensive law under which an opt-out preference signal binds. */
const US_SIGNAL: Record<string, string> = {
  CA: 'CCPA, Cal. Civ. Code 1798.120, 1798.135; 11 CCR 7025',
  CO: 'Colo. Rev. Stat. 6-1-1306',
  CT: 'Conn. Gen. Stat. 42-520',
  DE: 'Del. Code tit. 6, 12D-106',
  MD: 'Md. Code, Com. Law 14-4707',
  MN: 'Minn. Stat. 325M.14',
  MT: 'Mont. Code 30-14-2809',
  NE: 'Neb. Rev. Stat. 87-1114 to 87-1115',
  NH: 'N.H. RSA 507-H:6',
  NJ: 'N.J.S.A. 56:8-166.11',
  OR: 'Or. Rev. Stat. 646A.578',
  TX: 'Tex. Bus. & Com. Code 541.055',
};

const european = Object.entries(EUROPE).flatMap(([age, codes]) =>
  codes.split(' ').map((code): Jurisdiction => {
    const confirmed = DOUBLE_OPT_IN[code];
    return {
      code,
      personalisation: 'opt-in',
      minorsBelow: Number(age),
      doubleOptIn: confirmed?.channels ?? [],
      gpc: false,
      source: confirmed ? `${GDPR}; ${confirmed.source}` : GDPR,
    };
  }),
);

const american = Object.entries(US_SIGNAL).map(
  ([state, source]): Jurisdiction => ({
    code: `US-${state}`,
    personalisation: 'opt-out',
    minorsBelow: 13,
    ...(state === 'CA' && { sharingBelow: 16 }),
    doubleOptIn: [],
    gpc: true,
    source: `COPPA, 16 CFR 312; ${source}`,
  }),
);

const NOWHERE: Jurisdiction = {
  code: '*',
  personalisation: 'opt-out',
  minorsBelow: 16,
  doubleOptIn: [],
  gpc: false,
  source: 'Beckon: nothing is known, the highest age of this table',
};

/** Every line, in the order of docs/consent.md. */
export const JURISDICTIONS: readonly Jurisdiction[] = [
  ...european,
  {
    code: 'GB',
    personalisation: 'opt-in',
    minorsBelow: 13,
    doubleOptIn: [],
    gpc: false,
    source: 'UK GDPR; Data Protection Act 2018 s. 9; PECR reg. 22',
  },
  {
    code: 'CN',
    personalisation: 'opt-in',
    minorsBelow: 14,
    doubleOptIn: [],
    gpc: false,
    source: 'PIPL Art. 13, 14, 23, 24, 28, 29, 31; Advertising Law Art. 43',
  },
  ...american,
  {
    code: 'US',
    personalisation: 'opt-out',
    minorsBelow: 13,
    doubleOptIn: [],
    gpc: false,
    source: 'COPPA, 16 CFR 312; TCPA, 47 CFR 64.1200',
  },
  NOWHERE,
];

const BY_CODE = new Map(JURISDICTIONS.map((jurisdiction) => [jurisdiction.code, jurisdiction]));

/** Parts of a country, by ISO 3166-2, that have a law of their own. */
const APART: readonly string[] = ['CN-HK', 'CN-MO', 'CN-TW'];

const CODE = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

/** A code as ISO 3166 writes it. Undefined for what is none: a name, three letters, or `EU`, which leaves ages to its countries. */
function codeOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const code = text.trim().toUpperCase().replace(/^UK\b/, 'GB');
  return CODE.test(code) && code !== 'EU' ? code : undefined;
}

/** The jurisdiction of a code: `US-OH` is `US`, and one without a line of its own is `*`. */
function lineOf(code: string): Jurisdiction {
  if (APART.includes(code)) return NOWHERE;
  return BY_CODE.get(code) ?? BY_CODE.get(code.slice(0, 2)) ?? NOWHERE;
}

/**
 * Whose law protects somebody: their attribute `country`, else where the brand is at home, else nothing is known. A
 * `country` that is no code says nothing, or a table with `Germany` in it would take the law of Germany from its people.
 */
export function jurisdictionOf({ attributes }: Person, brand: Pick<BrandRules, 'jurisdiction'>): Jurisdiction {
  return lineOf(codeOf(attributes.country) ?? codeOf(brand.jurisdiction) ?? NOWHERE.code);
}

type Asked = { person: Person; brand: Pick<BrandRules, 'jurisdiction' | 'doubleOptIn'>; now: number };

/** What a consent of this person's for this purpose, by this channel, must fulfil now; `now` in epoch milliseconds. */
export function demandsOn(purpose: Purpose, { person, brand, now }: Asked, channel?: Channel): Demands {
  const { personalisation, minorsBelow, sharingBelow, doubleOptIn } = jurisdictionOf(person, brand);
  const confirmed: readonly Channel[] = [...doubleOptIn, ...(brand.doubleOptIn ?? [])];
  const age = purpose === 'sharing' ? (sharingBelow ?? minorsBelow) : minorsBelow;
  return {
    guardian: isYounger(person, age, now),
    proven: purpose === 'marketing' && channel !== undefined && confirmed.includes(channel),
    optOut: purpose === 'personalisation' && personalisation === 'opt-out',
  };
}

/** Whether somebody may be sorted into segments by what is known of them. */
export function allowsProfile(consents: ConsentLedger, asked: Asked): boolean {
  const demands = demandsOn('personalisation', asked);
  // Where silence is a yes, nobody has to grant it: a minor's guardian neither.
  return hasConsent(consents, 'personalisation', 'any', demands.optOut ? { optOut: true } : demands);
}

/** By the attributes `minor` and `birthDate` (YYYY-MM-DD); a birthday begins in UTC. Who says nothing is grown up. */
export function isYounger({ attributes }: Person, years: number, now: number): boolean {
  const { minor, birthDate } = attributes;
  if (minor === true) return true;
  if (typeof birthDate !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(birthDate)) return false;
  const grownUp = `${String(Number(birthDate.slice(0, 4)) + years).padStart(4, '0')}${birthDate.slice(4)}`;
  return new Date(now).toISOString().slice(0, 10) < grownUp;
}
