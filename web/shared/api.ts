import type * as z from 'zod/mini';
import type { CouponSchema } from '#core/model/coupon.ts';
import type { DecisionSchema } from '#core/model/decision.ts';
import type { MessageViewSchema } from '#core/model/message.ts';
import type { Consent, Person } from '#core/model/person.ts';
import type { CityMap } from './city-map.ts';
import type { Lang } from './i18n.ts';

export type Decision = z.infer<typeof DecisionSchema>;
export type Coupon = z.infer<typeof CouponSchema>;
export type MessageView = z.infer<typeof MessageViewSchema>;
export type PersonView = Person & { consents: Consent[] };
/** What the pages read of a campaign. */
export type CampaignView = {
  campaignId: string;
  name: string;
  trigger?: { placeIds?: string[]; placeTags?: string[] };
};
export type SignalView = {
  signalId: string;
  kind: string;
  placeId?: string;
  at: string;
  outcome: string;
  reason?: string;
};
export type InboxItem = {
  id: string;
  channel: 'email' | 'sms';
  at: string;
  from: string;
  to: string;
  subject?: string;
  html?: string;
  text: string;
  headers?: Record<string, string>;
};

/** What the server-sent events of `/local/feed` carry. */
export type FeedEvents = {
  walkers: { at: string; walkers: { personId: string; deviceId: string; lng: number; lat: number }[] };
  signal: {
    signalId: string;
    kind: string;
    placeId?: string;
    personId?: string;
    at: string;
    outcome: 'decided' | 'skipped';
    reason?: string;
    decisions?: Decision[];
  };
  message: {
    messageId: string;
    personId: string;
    channel: string;
    state: string;
    reason?: string;
    at: string;
    couponId?: string;
  };
  redemption: { couponId: string; campaignId: string; personId: string; placeId: string; redeemedAt: string };
  counters: {
    positions: number;
    signals: number;
    offered: number;
    heldOut: number;
    skipped: number;
    sent: number;
    redeemed: number;
  };
};

type Session = { url: string; brand: string; tokens: { marketer: string; operator: string } };
type List<T> = { items: T[]; cursor?: string };

let session: Promise<Session> | undefined;

/** The page's own session; asked for once, again after a failure. */
function openSession(): Promise<Session> {
  session ??= fetchJson<Session>('/local/session').catch((cause: unknown) => {
    session = undefined;
    throw cause;
  });
  return session;
}

/** A refusal of the API, with its status. */
class ApiError extends Error {
  readonly status: number;
  constructor(status: number, path: string) {
    super(`${path} answered ${status}`);
    this.status = status;
  }
}

async function fetchJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, init);
  if (!response.ok) throw new ApiError(response.status, path);
  return (await response.json()) as T;
}

/** As the venue's operator. */
async function asOperator<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { tokens } = await openSession();
  const headers = { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/json' };
  return await fetchJson<T>(path, { ...init, headers });
}

/** Calls our own origin: the page's policy allows no other, and the session's url is the same host. */
async function get<T>(path: string, lang: Lang, signal?: AbortSignal): Promise<T> {
  const { tokens } = await openSession();
  try {
    return await fetchJson<T>(path, {
      headers: { authorization: `Bearer ${tokens.marketer}`, 'accept-language': lang },
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    // The host was started anew and knows our token no more.
    if (cause instanceof ApiError && cause.status === 401) session = undefined;
    throw cause;
  }
}

const person = (personId: string): string => `/v1/people/${encodeURIComponent(personId)}`;

export type ReportRow = {
  brand?: string;
  creativeId: string;
  plays: number;
  secondsOnAir: number;
  taps: number;
  offers: number;
  redemptions: number | null;
  tapsPerThousandPlays: number | null;
};
export type ReportView = {
  name: string;
  timeZone?: string;
  rows: ReportRow[];
  unknown: { taps: number; offers: number; redemptions: number | null };
  hours: { at: string; secondsOnAir: number; complete: boolean }[];
  gaps: { playsMissing: number }[];
};
type ReportDays = { from: string; to: string };
const reportPath = (screenId: string): string => `/v1/reports/screens/${encodeURIComponent(screenId)}`;

export type Playing = { creativeId: string; candidates: { creativeId: string; share: number }[] };

export const api = {
  pair: (screenId: string, code: string) =>
    asOperator(`/v1/screens/${encodeURIComponent(screenId)}/pair`, { method: 'POST', body: JSON.stringify({ code }) }),
  playing: (screenId: string) => asOperator<Playing>(`/v1/screens/${encodeURIComponent(screenId)}/playing`),
  screenReport: (screenId: string, days: ReportDays) =>
    asOperator<ReportView>(`${reportPath(screenId)}?${new URLSearchParams(days)}`),
  screenStatement: async (screenId: string, query: ReportDays & { format: string }) => {
    const { tokens } = await openSession();
    const response = await fetch(`${reportPath(screenId)}/export?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${tokens.operator}` },
    });
    if (!response.ok) throw new ApiError(response.status, 'export');
    return await response.blob();
  },
  city: () => fetchJson<CityMap>('/local/city'),
  inbox: () => fetchJson<List<InboxItem>>('/local/inbox'),
  campaigns: (lang: Lang) => get<List<CampaignView>>('/v1/campaigns', lang),
  people: (cursor?: string) =>
    get<List<Person>>(`/v1/people?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, 'en'),
  person: (personId: string, lang: Lang, signal?: AbortSignal) => get<PersonView>(person(personId), lang, signal),
  signals: (personId: string, lang: Lang, signal?: AbortSignal) =>
    get<List<SignalView>>(`${person(personId)}/signals`, lang, signal),
  decisions: (personId: string, lang: Lang, signal?: AbortSignal) =>
    get<List<Decision>>(`${person(personId)}/decisions`, lang, signal),
  coupons: (personId: string, lang: Lang, signal?: AbortSignal) =>
    get<List<Coupon>>(`${person(personId)}/coupons`, lang, signal),
  messages: (personId: string, lang: Lang, signal?: AbortSignal) =>
    get<List<MessageView>>(`${person(personId)}/messages`, lang, signal),
};
