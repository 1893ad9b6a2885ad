import type { GateRule } from '../facts.ts';
import { isSensitive } from '../sensitive.ts';

/** "Never at, or while inside, a sensitive place: a clinic, a shelter, a school, a place of worship." */
export const exclusion: GateRule = {
  gate: 'exclusion',
  check: ({ insidePlaces }) => {
    const sensitive = insidePlaces.find(isSensitive);
    // No record names the place, here or anywhere: that is the point.
    return { passed: sensitive === undefined, detail: { sensitivePlace: sensitive !== undefined } };
  },
  words: {
    en: ({ passed }) => (passed ? 'No sensitive place is involved.' : 'The person is at a sensitive place.'),
    'zh-CN': ({ passed }) => (passed ? '不涉及敏感地点。' : '顾客位于敏感地点。'),
  },
};
