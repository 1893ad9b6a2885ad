/** What a channel is asked to send: everything composed, in plain text, nothing left to look up. */
export type Delivery = {
  /** Ours, and the same for every try. */
  messageId: string;
  /** In the channel's own form: an E.164 number, an email address. */
  address: string;
  locale: string;
  title: string;
  body: string;
  code: string;
  expiresAt: string;
  /** Ends marketing on this channel for this person, at one click. */
  unsubscribeUrl: string;
};

export type Sent = { providerMessageId: string };

/** One way to reach a person. */
export type ChannelSender = {
  /** @throws ChannelError */
  send: (delivery: Delivery) => Promise<Sent>;
};

/**
 * What a failed call means for the message. `rejected`: the provider said no, for good. `busy`: it was not taken, try
 * again. `unknown`: nobody knows whether it went out, so it must not be sent again.
 */
export class ChannelError extends Error {
  override name = 'ChannelError';
  readonly meaning: 'rejected' | 'busy' | 'unknown';
  readonly reason: string;
  constructor(meaning: ChannelError['meaning'], reason: string, options?: ErrorOptions) {
    super(`${meaning}: ${reason}`, options);
    this.meaning = meaning;
    this.reason = reason;
  }
}

/** The call never left this machine. */
const NOT_REACHED: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

type SdkError = Error & { $metadata?: { httpStatusCode?: number }; code?: string };

/** Reads an AWS SDK error: 429 and 503 were not taken, other 4xx were refused, and silence says nothing. */
export function channelError(cause: unknown): ChannelError {
  const { name = 'Error', code, $metadata } = (cause ?? {}) as Partial<SdkError>;
  const status = $metadata?.httpStatusCode;
  if (NOT_REACHED.includes(code ?? '')) return new ChannelError('busy', 'unreachable', { cause });
  if (status === 429 || status === 503 || /Throttl|TooManyRequests|LimitExceeded/.test(name)) {
    return new ChannelError('busy', name, { cause });
  }
  if (status !== undefined && status >= 400 && status < 500) return new ChannelError('rejected', name, { cause });
  return new ChannelError('unknown', name, { cause });
}
