/** DynamoDB maps have no order of their own; an answer that is the same byte by byte needs one. */
export function inOrder<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))) as T;
}
