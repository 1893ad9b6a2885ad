import { describe, expect, it } from 'vitest';
import type { RuleGroup } from '#core/model/segment.ts';
import { type Known, membershipChange } from '#core/people/membership.ts';

const gold: RuleGroup = { combinator: 'and', rules: [{ field: 'tier', operator: '=', value: 'gold' }] };
const recent: RuleGroup = { combinator: 'and', rules: [{ field: 'seen', operator: 'inLast', value: 'P1D' }] };
const NOW = Date.parse('2026-11-22T10:00:00Z');

const known = (attributes: Record<string, string>, personalisation?: boolean): Known => ({
  person: { personId: 'mei', identifiers: [], attributes },
  consents: personalisation === undefined ? {} : { 'personalisation/any': { granted: personalisation, at: 1 } },
});

describe('a change of membership', () => {
  it.each<[string, RuleGroup, Known | undefined, Known | undefined, string | undefined]>([
    ['nobody becomes somebody in it', gold, undefined, known({ tier: 'gold' }), 'segment.entered'],
    ['nobody becomes somebody who is not', gold, undefined, known({ tier: 'silver' }), undefined],
    ['somebody comes in', gold, known({ tier: 'silver' }), known({ tier: 'gold' }), 'segment.entered'],
    ['somebody goes', gold, known({ tier: 'gold' }), known({}), 'segment.left'],
    ['somebody is no more', gold, known({ tier: 'gold' }), undefined, 'segment.left'],
    ['another change of somebody in it', gold, known({ tier: 'gold' }), known({ tier: 'gold', a: 'b' }), undefined],
    ['somebody refuses', gold, known({ tier: 'gold' }, true), known({ tier: 'gold' }, false), 'segment.left'],
    ['somebody agrees', gold, known({ tier: 'gold' }, false), known({ tier: 'gold' }, true), 'segment.entered'],
    ['somebody who refuses changes', gold, known({}, false), known({ tier: 'gold' }, false), undefined],
    ['silence is a no in the EU', gold, undefined, known({ tier: 'gold', country: 'DE' }), undefined],
    [
      'and a yes is one',
      gold,
      known({ tier: 'gold', country: 'DE' }),
      known({ tier: 'gold', country: 'DE' }, true),
      'segment.entered',
    ],
    [
      'only time has passed',
      recent,
      known({ seen: '2026-11-20T10:00:00Z' }),
      known({ seen: '2026-11-20T10:00:00Z', a: 'b' }),
      undefined,
    ],
    [
      'they are seen again',
      recent,
      known({ seen: '2026-11-20T10:00:00Z' }),
      known({ seen: '2026-11-22T09:00:00Z' }),
      'segment.entered',
    ],
  ])('%s', (_, rule, before, after, change) => {
    expect(membershipChange(rule, { before, after }, { brand: {}, now: NOW })).toBe(change);
  });
});
