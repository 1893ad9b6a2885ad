import type { Person } from '../model/person.ts';
import type { RuleGroup } from '../model/segment.ts';
import type { ConsentLedger } from './consent.ts';
import { matchesRule } from './rules.ts';

/** Somebody as they were or are: who, and what they agreed to. */
export type Known = { person: Person; consents: ConsentLedger };
export type MembershipChange = 'segment.entered' | 'segment.left';

/**
 * What a change of a person did to their membership, asked at one moment (`now`, epoch milliseconds), so that time alone
 * does nothing: undefined where they are in as they were, or out as they were.
 */
export function membershipChange(
  rule: RuleGroup,
  { before, after }: { before: Known | undefined; after: Known | undefined },
  now: number,
): MembershipChange | undefined {
  const was = isMember(rule, before, now);
  const is = isMember(rule, after, now);
  if (was === is) return undefined;
  return is ? 'segment.entered' : 'segment.left';
}

/** "Whoever refuses to be sorted into segments is in none of them, as far as anybody else is told." */
function isMember(rule: RuleGroup, known: Known | undefined, now: number): boolean {
  if (!known || known.consents['personalisation/any']?.granted === false) return false;
  return matchesRule(rule, known.person, now);
}
