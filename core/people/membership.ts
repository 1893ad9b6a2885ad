import type { BrandRules } from '../model/brand.ts';
import type { Person } from '../model/person.ts';
import type { RuleGroup } from '../model/segment.ts';
import type { ConsentLedger } from './consent.ts';
import { allowsProfile } from './jurisdictions.ts';
import { matchesRule } from './rules.ts';

/** Somebody as they were or are: who, and what they agreed to. */
export type Known = { person: Person; consents: ConsentLedger };
export type MembershipChange = 'segment.entered' | 'segment.left';

/** By whose rules, and when: epoch milliseconds. */
type Moment = { brand: Pick<BrandRules, 'jurisdiction'>; now: number };

/**
 * What a change of a person did to their membership, asked at one moment, so that time alone does nothing: undefined
 * where they are in as they were, or out as they were.
 */
export function membershipChange(
  rule: RuleGroup,
  { before, after }: { before: Known | undefined; after: Known | undefined },
  moment: Moment,
): MembershipChange | undefined {
  const was = isMember(rule, before, moment);
  const is = isMember(rule, after, moment);
  if (was === is) return undefined;
  return is ? 'segment.entered' : 'segment.left';
}

/** "Whoever may not be sorted into segments is in none of them, as far as anybody else is told." */
function isMember(rule: RuleGroup, known: Known | undefined, { brand, now }: Moment): boolean {
  if (!known || !allowsProfile(known.consents, { person: known.person, brand, now })) return false;
  return matchesRule(rule, known.person, now);
}
