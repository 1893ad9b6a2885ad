import { digestId } from '../hash.ts';
import type { Signal, SignalInput, TrustTier } from '../model/signal.ts';

/**
 * A signal that a client reported, as Beckon carries it. Without an id of the client's own, the id follows from what
 * happened, so that the same report sent twice is one signal.
 */
export function signalFromApi(
  input: SignalInput,
  context: { brand: string; trust: TrustTier; receivedAt: string },
): Signal {
  const { id, at, ...rest } = input;
  const { kind, subject, placeId = '', screenId = '', tagId = '' } = input;
  const occurredAt = new Date(at).toISOString();
  const signalId = id ?? digestId('signal', kind, subject.kind, subject.value, placeId, screenId, tagId, occurredAt);
  return { signalId, source: 'api', occurredAt, ...context, ...rest };
}
