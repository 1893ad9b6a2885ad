import { allowsProfile } from '../../people/jurisdictions.ts';
import { matchesRule } from '../../people/rules.ts';
import type { GateRule } from '../facts.ts';

/** "The offer is for this segment only; a segment that does not exist has nobody in it." */
export const audience: GateRule = {
  gate: 'audience',
  check: ({ campaign, segments, memberships, person, standing, brand, now }) => {
    const { segmentId } = campaign.audience;
    if (segmentId === undefined) return { passed: true, detail: { segmentId: null } };
    const segment = segments.get(segmentId);
    if (!segment) return { passed: false, detail: { segmentId, missing: true } };
    if (!allowsProfile(standing.consents, { person, brand, now })) {
      return { passed: false, detail: { segmentId, segment: segment.name, personalisation: false } };
    }
    const passed = memberships ? memberships.has(segmentId) : matchesRule(segment.rule, person, now);
    return { passed, detail: { segmentId, segment: segment.name } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.segmentId === null) return 'The campaign is for everyone.';
      if (detail.missing) return `The segment ${detail.segmentId} does not exist.`;
      if (detail.personalisation === false) return 'The person has not agreed to personalisation.';
      return passed
        ? `The person is in the segment “${detail.segment}”.`
        : `The person is not in the segment “${detail.segment}”.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.segmentId === null) return '活动面向所有人。';
      if (detail.missing) return `人群 ${detail.segmentId} 不存在。`;
      if (detail.personalisation === false) return '顾客未同意个性化。';
      return passed ? `顾客属于人群“${detail.segment}”。` : `顾客不属于人群“${detail.segment}”。`;
    },
  },
};
