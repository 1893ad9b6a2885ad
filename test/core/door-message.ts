import type { DoorMessage } from '#core/signals/heard.ts';

/** A vendor's message as a connector's door sees it. */
export const aMessage = (
  body: string | Buffer | object,
  {
    headers = {},
    query = {},
    now = 0,
  }: { headers?: Record<string, string>; query?: Record<string, string>; now?: number } = {},
): DoorMessage => ({
  bytes: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  headers,
  query,
  now,
  parse: (bytes) => JSON.parse(bytes.toString('utf8')),
});

/** Every copy of the bytes in which one bit of one byte is another: eight for each byte. */
export function* withOneBitFlipped(bytes: Buffer): Generator<Buffer> {
  for (let index = 0; index < bytes.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const other = Buffer.from(bytes);
      other[index] = (bytes[index] ?? 0) ^ (1 << bit);
      yield other;
    }
  }
}
