import type { GateRule } from '../facts.ts';

/** Places where being seen says something about a person that is nobody's business; tags in lower case. */
const SENSITIVE_TAGS: readonly string[] = [
  'sensitive',
  'clinic',
  'hospital',
  'pharmacy-counter',
  'shelter',
  'school',
  'worship',
];

/** However it is typed: a capital letter must not open the gate. */
const isSensitive = (tag: string): boolean => SENSITIVE_TAGS.includes(tag.trim().toLowerCase());

/** "Never at, or while inside, a sensitive place: a clinic, a shelter, a school, a place of worship." */
export const exclusion: GateRule = {
  gate: 'exclusion',
  check: ({ insidePlaces }) => {
    const sensitive = insidePlaces.find(({ tags }) => tags.some(isSensitive));
    // The record does not name the place: that is the point.
    return { passed: sensitive === undefined, detail: { sensitivePlace: sensitive !== undefined } };
  },
  words: {
    en: ({ passed }) => (passed ? 'No sensitive place is involved.' : 'The person is at a sensitive place.'),
    'zh-CN': ({ passed }) => (passed ? '不涉及敏感地点。' : '顾客位于敏感地点。'),
  },
};
