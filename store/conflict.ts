/**
 * Others changed again and again what was read before it could be written. Nothing was done: over HTTP a 503, in a queue
 * another attempt.
 */
export class ConflictError extends Error {
  override name = 'ConflictError';
}
