import type { RedeemInput } from '#core/model/coupon.ts';
import type { Position } from '#core/model/position.ts';
import type { SignalInput } from '#core/model/signal.ts';

/** A coupon as its holder sees it: what `GET /v1/people/{id}/coupons` lists. */
export type HeldCoupon = {
  couponId: string;
  code: string;
  state: string;
  issuedAt: string;
  offer: { redeemAt: string; currency?: string | undefined };
};

/** What walkers do to Beckon. Every call throws on a failure worth a retry; a refusal of the API is an answer. */
export type WalkerApi = {
  post: (positions: Position[]) => Promise<void>;
  tap: (signal: SignalInput) => Promise<void>;
  coupons: (personId: string) => Promise<HeldCoupon[]>;
  redeem: (code: string, input: RedeemInput) => Promise<void>;
};

const TIMEOUT_MS = 10_000;

/** The same calls over HTTP, as phones and tills make them. `signal` ends every call in flight. */
export function walkerApi({
  url,
  tokens,
  signal,
}: {
  url: string;
  tokens: { app: string; marketer: string; till: string };
  signal: AbortSignal;
}): WalkerApi {
  const call = async (method: string, path: string, token: string, body?: unknown): Promise<Response> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (response.status >= 500 || response.status === 429) throw new Error(`${method} ${path}: ${response.status}`);
    return response;
  };
  const drain = async (response: Response): Promise<void> => {
    // An unread body would keep its connection from being used again.
    await response.arrayBuffer();
  };
  return {
    post: async (positions) => drain(await call('POST', '/v1/positions', tokens.app, { positions })),
    tap: async (one) => drain(await call('POST', '/v1/signals', tokens.app, { signals: [one] })),
    coupons: async (personId) => {
      const response = await call('GET', `/v1/people/${encodeURIComponent(personId)}/coupons`, tokens.marketer);
      if (!response.ok) {
        await drain(response);
        return [];
      }
      return ((await response.json()) as { items: HeldCoupon[] }).items;
    },
    redeem: async (code, input) =>
      drain(await call('POST', `/v1/coupons/${encodeURIComponent(code)}/redeem`, tokens.till, input)),
  };
}
