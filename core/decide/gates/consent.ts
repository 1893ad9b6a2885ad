import type { Channel } from '../../model/person.ts';
import { hasConsent, type Purpose } from '../../people/consent.ts';
import { demandsOn } from '../../people/jurisdictions.ts';
import { chooseChannel } from '../channel.ts';
import type { Case, GateRule } from '../facts.ts';

type Asking = Pick<Case, 'person' | 'standing' | 'brand' | 'now'>;

/**
 * "Nobody is approached who has not agreed: to the use of their location where the signal comes from it,
 * and to marketing on a channel by which they can be reached."
 */
export const consent: GateRule = {
  gate: 'consent',
  check: (gateCase) => {
    const { signal } = gateCase;
    if (lacksLocationConsent(signal.kind, gateCase)) {
      return { passed: false, detail: { purpose: 'location', granted: false, ...minority('location', gateCase) } };
    }
    if (signal.subject.kind === 'portal' && refusesSharing(gateCase)) {
      return { passed: false, detail: { purpose: 'sharing', granted: false, ...minority('sharing', gateCase) } };
    }
    const { channel, passedOver } = chooseChannel(gateCase);
    const detail = { purpose: 'marketing', channel: channel ?? null, passedOver };
    if (channel !== undefined) return { passed: true, detail };
    return {
      passed: false,
      detail: { ...detail, ...minority('marketing', gateCase, gateCase.campaign.message.channels) },
    };
  },
  words: {
    en: ({ passed, detail }) => {
      if (passed) return `The person agreed to marketing by ${detail.channel}.`;
      if (detail.minor) return 'The person is too young to agree by themselves, and no guardian has agreed for them.';
      if (detail.purpose === 'location') return 'The person has not agreed to the use of their location.';
      if (detail.purpose === 'sharing') return 'The person no longer shares with the brand that they are at the venue.';
      return `No channel may be used (${list(detail.passedOver)}).`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (passed) return `顾客已同意通过 ${detail.channel} 接收营销信息。`;
      if (detail.minor) return '顾客未达到可自行同意的年龄，且监护人未代为同意。';
      if (detail.purpose === 'location') return '顾客未同意使用其位置。';
      if (detail.purpose === 'sharing') return '顾客已不再与品牌分享其在该场所的信息。';
      return `没有可用的渠道（${list(detail.passedOver)}）。`;
    },
  },
};

/** Where a signal comes from a person's position, they must have agreed to its use. Asked again when the message is sent. */
export function lacksLocationConsent(kind: string, asking: Asking): boolean {
  if (!kind.startsWith('geofence.')) return false;
  return !hasConsent(asking.standing.consents, 'location', 'any', demandsOn('location', asking));
}

/** Whoever comes by a portal has ticked sharing there; here it counts what was said since, and who may say it. */
function refusesSharing(asking: Asking): boolean {
  const demands = demandsOn('sharing', asking);
  return !hasConsent(asking.standing.consents, 'sharing', 'any', { ...demands, optOut: !demands.guardian });
}

/** That age is in the way, where their own word would do if they were older: when they were born is not told. */
function minority(purpose: Purpose, asking: Asking, channels: readonly Channel[] = []): { minor?: true } {
  const { guardian, ...grownUp } = demandsOn(purpose, asking);
  const wouldDo = (channel: Channel | 'any'): boolean =>
    hasConsent(asking.standing.consents, purpose, channel, grownUp) &&
    !hasConsent(asking.standing.consents, purpose, channel, { ...grownUp, guardian });
  return guardian && (channels.length > 0 ? channels : (['any'] as const)).some(wouldDo) ? { minor: true } : {};
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join('; ') : '');
