import type { Place } from '../model/place.ts';

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
export function isSensitive({ tags }: Pick<Place, 'tags'>): boolean {
  return tags.some((tag) => SENSITIVE_TAGS.includes(tag.trim().toLowerCase()));
}
