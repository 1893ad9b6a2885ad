import { MAX_SIGNALS, type Signal, SignalInputSchema, type TrustTier } from '#core/model/signal.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { signalFromApi } from '#core/signals/from-api.ts';
import type { Role } from '../routes.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { acceptedResponse, itemSorter } from './accept.ts';

/**
 * How far a reporter's word goes: an app speaks for itself, a server of the brand's is authenticated, staff are there. A
 * phone that watches fences itself is thereby believed less than our own detection of its positions (T2).
 */
const TRUST_OF_ROLE: Partial<Record<Role, TrustTier>> = { app: 'T1', marketer: 'T2', associate: 'T4' };

const sortSignals = itemSorter({ name: 'signals', schema: SignalInputSchema, max: MAX_SIGNALS });

/** `POST /v1/signals`. */
export async function postSignals(request: HttpRequest): Promise<HttpResponse> {
  const brand = brandOf(request);
  const now = request.runtime.now();
  const trust = TRUST_OF_ROLE[request.caller?.role ?? 'app'] ?? 'T0';
  const sorted = sortSignals(request.body, now);
  const signals: Signal[] = [];
  for (const input of sorted.accepted) {
    const subject = normaliseIdentifier(input.subject);
    // A handle that cannot be one belongs to nobody: the signal is recorded as such, not lost.
    signals.push(
      signalFromApi(
        { ...input, subject: subject ?? input.subject },
        { brand, trust, receivedAt: new Date(now).toISOString() },
      ),
    );
  }
  const response = acceptedResponse(sorted);
  await request.runtime.send(
    'signals',
    // The group is whose turn it is: one brand's rush does not keep the others waiting (SQS fair queues).
    signals.map((body) => ({ body, group: brand })),
  );
  return response;
}
