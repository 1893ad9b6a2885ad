import * as z from 'zod/mini';
import { IdSchema, NameSchema } from './common.ts';

/** `ntag424`: signs each tap. `nfc` and `qr` are the same for everybody who ever read them, and prove nothing. */
const TAG_KINDS = ['ntag424', 'nfc', 'qr'] as const;

/** Something to tap or scan: `PUT /v1/tags/{tagId}`. */
export const TagInputSchema = z.strictObject({
  kind: z.enum(TAG_KINDS),
  name: z.optional(NameSchema),
  /** Where it is: at a screen, or else at a place. A garment's tag is wherever the garment is. */
  screenId: z.optional(IdSchema),
  placeId: z.optional(IdSchema),
  /** `ntag424`: the chip's UID, 14 hexadecimal digits. */
  uid: z.optional(z.string().check(z.regex(/^[0-9A-Fa-f]{14}$/, 'must be 14 hexadecimal digits'))),
  /** What it is attached to: a GTIN (8, 12, 13 or 14 digits with a right check digit). */
  gtin: z.optional(z.string().check(z.regex(/^(\d{8}|\d{12,14})$/, 'must be a GTIN'))),
});
export type TagInput = z.infer<typeof TagInputSchema>;
export type Tag = TagInput & { tagId: string };
