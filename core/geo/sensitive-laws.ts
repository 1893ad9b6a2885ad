import { HEALTH_CARE, type SensitiveCategory, type SensitivePlace } from '#core/model/sensitive-place.ts';

/** The international foot, exactly (NIST Handbook 44, appendix C). */
const METRES_PER_FOOT = 0.3048;

/** How far from what a law keeps geofences. Engineering inputs, not advice; the same table is in docs/sensitive-places.md. */
type LegalBuffer = {
  jurisdiction: string;
  categories: readonly SensitiveCategory[];
  feet: number;
  /** Where the number stands. */
  source: string;
};

/**
 * `health-care` of no kind that is said is in every row: it may be any of them. Where a law can be read in two ways, the
 * row has the wider one.
 */
export const LEGAL_BUFFERS: readonly LegalBuffer[] = [
  {
    jurisdiction: 'US-WA',
    categories: HEALTH_CARE,
    feet: 2000,
    source: 'RCW 19.373.010 and 19.373.080 (My Health My Data Act)',
  },
  { jurisdiction: 'US-NY', categories: HEALTH_CARE, feet: 1850, source: 'N.Y. General Business Law § 394-g' },
  {
    jurisdiction: 'US-CA',
    categories: HEALTH_CARE,
    feet: 1850,
    source: 'Cal. Civil Code § 1798.99.90 and following (AB 45 of 2025)',
  },
  {
    jurisdiction: 'US-NV',
    categories: HEALTH_CARE,
    feet: 1750,
    source: 'NRS 603A.400 to 603A.550 (SB 370 of 2023)',
  },
  {
    jurisdiction: 'US-CT',
    categories: ['health-care', 'mental-health', 'reproductive-health'],
    feet: 1750,
    source: 'Conn. Gen. Stat. § 42-526',
  },
  {
    jurisdiction: 'US-MD',
    categories: ['health-care', 'mental-health', 'reproductive-health'],
    feet: 1750,
    source: 'Md. Code, Commercial Law § 14-4704 (Online Data Privacy Act)',
  },
];

/** What the law asks to keep free, in metres. Undefined where no row speaks of it: then the footprint alone. */
export function legalBufferOf({
  jurisdiction,
  category,
}: Pick<SensitivePlace, 'jurisdiction' | 'category'>): { metres: number; feet: number; source: string } | undefined {
  const row = LEGAL_BUFFERS.find((law) => law.jurisdiction === jurisdiction && law.categories.includes(category));
  return row && { metres: metresOfFeet(row.feet), feet: row.feet, source: row.source };
}

/** Exact to the tenth of a millimetre, which is what a foot is defined to. */
export const metresOfFeet = (feet: number): number => Math.round(feet * METRES_PER_FOOT * 10_000) / 10_000;

/** Metres kept free beyond the footprint: the law's, or more if whoever wrote the place asked for more. */
export function bufferOf(place: Pick<SensitivePlace, 'jurisdiction' | 'category' | 'bufferM'>): number {
  return Math.max(legalBufferOf(place)?.metres ?? 0, place.bufferM ?? 0);
}
