import * as z from 'zod/mini';
import type { WebhookSender } from '#channels/webhook.ts';
import { webhookHeaders, webhookSecret } from '#core/messages/webhook.ts';
import { IdSchema } from '#core/model/common.ts';
import type { Runtime } from '../shared/runtime.ts';

/** That somebody has entered or left a segment, as it travels to its sender. */
export const MembershipMessageSchema = z.strictObject({
  brand: IdSchema,
  /** The same however often the change is told: receivers know by it what they have had. */
  webhookId: z.string(),
  type: z.enum(['segment.entered', 'segment.left']),
  segmentId: IdSchema,
  personId: IdSchema,
  /** Of somebody with several profiles: the ids of all. */
  profiles: z.optional(z.array(IdSchema)),
  at: z.iso.datetime(),
});
export type MembershipMessage = z.infer<typeof MembershipMessageSchema>;

/** Tells the receiver that the segment names now; one that names none any more tells nobody. */
export async function deliverWebhook(
  runtime: Runtime,
  sender: WebhookSender,
  { brand, webhookId: id, ...event }: MembershipMessage,
): Promise<void> {
  const { snapshot } = await runtime.catalogue.read(brand, () => ({}));
  const { segmentId } = event;
  const url = snapshot.segments.get(segmentId)?.webhook?.url;
  if (url === undefined) return;
  const body = JSON.stringify(event);
  const secret = webhookSecret(await runtime.secret('venueSecret'), { brand, segmentId });
  // Signed anew with each try: receivers refuse what was signed long ago.
  const headers = webhookHeaders(secret, { id, timestamp: Math.floor(runtime.now() / 1000), body });
  await sender.send({ url, headers, body });
}
