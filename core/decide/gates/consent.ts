import { hasConsent } from '../../people/consent.ts';
import { chooseChannel } from '../channel.ts';
import type { GateRule, Standing } from '../facts.ts';

/**
 * "Nobody is approached who has not agreed: to the use of their location where the signal comes from it,
 * and to marketing on a channel by which they can be reached."
 */
export const consent: GateRule = {
  gate: 'consent',
  check: (gateCase) => {
    const { signal, standing } = gateCase;
    if (lacksLocationConsent(signal.kind, standing)) {
      return { passed: false, detail: { purpose: 'location', granted: false } };
    }
    if (signal.subject.kind === 'portal' && standing.consents['sharing/any']?.granted === false) {
      return { passed: false, detail: { purpose: 'sharing', granted: false } };
    }
    const { channel, passedOver } = chooseChannel(gateCase);
    return { passed: channel !== undefined, detail: { purpose: 'marketing', channel: channel ?? null, passedOver } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (passed) return `The person agreed to marketing by ${detail.channel}.`;
      if (detail.purpose === 'location') return 'The person has not agreed to the use of their location.';
      if (detail.purpose === 'sharing') return 'The person no longer shares with the brand that they are at the venue.';
      return `No channel may be used (${list(detail.passedOver)}).`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (passed) return `顾客已同意通过 ${detail.channel} 接收营销信息。`;
      if (detail.purpose === 'location') return '顾客未同意使用其位置。';
      if (detail.purpose === 'sharing') return '顾客已不再与品牌分享其在该场所的信息。';
      return `没有可用的渠道（${list(detail.passedOver)}）。`;
    },
  },
};

/** Where a signal comes from a person's position, they must have agreed to its use. Asked again when the message is sent. */
export function lacksLocationConsent(kind: string, { consents }: Standing): boolean {
  return kind.startsWith('geofence.') && !hasConsent(consents, 'location', 'any');
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join('; ') : '');
