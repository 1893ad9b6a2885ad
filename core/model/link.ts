import * as z from 'zod/mini';
import { InstantSchema } from './common.ts';
import { IdentifierSchema } from './person.ts';

/** How it came to be believed that two handles are one person's. */
export const EVIDENCE_KINDS = ['login', 'purchase', 'tap', 'import', 'staff'] as const;

/** `POST /v1/people/links`: two handles of one person. Saying it twice changes nothing. */
export const LinkInputSchema = z.strictObject({
  a: IdentifierSchema,
  b: IdentifierSchema,
  evidence: z.enum(EVIDENCE_KINDS),
  /** Who says so: `webshop-login`, `till-4`. */
  source: z.string().check(z.minLength(1), z.maxLength(200), z.regex(/^\P{Cc}*$/u, 'must be one line')),
  at: InstantSchema,
});
export type LinkInput = z.infer<typeof LinkInputSchema>;
