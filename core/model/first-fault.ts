import type * as z from 'zod/mini';

/**
 * For `safeParse`: the first fault of each list is enough. Without, zod keeps one for each of a million items, and passes
 * them on in a call that overflows the stack. It is zod's own option (its unions stop so), but its types do not tell.
 */
export const FIRST_FAULT = { abortEarly: true } as z.core.ParseContext<z.core.$ZodIssue>;
