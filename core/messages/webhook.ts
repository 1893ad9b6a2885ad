import { createHmac } from 'node:crypto';

/**
 * What a segment's webhooks are signed with, as Standard Webhooks writes it: derived, so that nobody keeps it, and of
 * this segment of this brand alone.
 */
export function webhookSecret(secret: string, { brand, segmentId }: { brand: string; segmentId: string }): string {
  return `whsec_${createHmac('sha256', secret).update(`segment-webhook\n${brand}\n${segmentId}`).digest('base64')}`;
}

/**
 * The headers by which a receiver knows that a body is ours and fresh, and whether it has had it before.
 * `timestamp` in epoch seconds.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookHeaders(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Record<string, string> {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
