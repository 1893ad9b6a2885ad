import { createHmac } from 'node:crypto';

/**
 * The id under which a signal is recorded of which nobody knows whose it is. Its own could be worked out again by
 * whoever guesses the handle, the place and the time; this one only with the secret. The same signal has the same one,
 * so that it is recorded once.
 */
export function nobodysSignalId(secret: string, brand: string, signalId: string): string {
  const key = createHmac('sha256', secret).update('nobodys-signal').digest();
  return createHmac('sha256', key).update(`${brand}/${signalId}`).digest('base64url').slice(0, 22);
}
