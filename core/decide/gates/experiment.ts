import { unitInterval } from '../../hash.ts';
import type { GateRule } from '../facts.ts';

/**
 * "Some who would have been offered are held out, always the same people, so that the lift can be known."
 * The last gate: only someone whom every other gate lets through is a fair comparison.
 */
export const experiment: GateRule = {
  gate: 'experiment',
  check: ({ campaign, person }) => {
    const { holdoutPercent } = campaign.experiment;
    // Of several profiles the first stands for the person: whichever of them is seen, they are in the same group.
    const bucket = unitInterval(campaign.campaignId, person.profiles?.[0] ?? person.personId) * 100;
    // Told with two digits, rounded down: a bucket below 10 never reads as 10.
    return { passed: bucket >= holdoutPercent, detail: { bucket: Math.floor(bucket * 100) / 100, holdoutPercent } };
  },
  words: {
    en: ({ passed, detail }) => {
      if (detail.holdoutPercent === 0) return 'The campaign holds nobody out.';
      return passed
        ? `The person is in the group that is offered (bucket ${detail.bucket}, held out below ${detail.holdoutPercent}).`
        : `The person is in the comparison group (bucket ${detail.bucket}, held out below ${detail.holdoutPercent}).`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (detail.holdoutPercent === 0) return '活动不设对照组。';
      return passed
        ? `顾客在投放组（分桶 ${detail.bucket}，低于 ${detail.holdoutPercent} 为对照组）。`
        : `顾客在对照组（分桶 ${detail.bucket}，低于 ${detail.holdoutPercent} 为对照组）。`;
    },
  },
};
