/** One thing that is wrong with the input: where (RFC 6901 pointer into the body, or a parameter's name), and what. */
export type FieldError = { pointer: string; detail: string };

const TITLES = {
  'invalid-input': [400, 'The input is not valid'],
  unauthorised: [401, 'A valid bearer token is needed'],
  unverified: [401, 'The message could not be verified'],
  forbidden: [403, 'This token may not do this'],
  'tap-refused': [403, 'This is not a tap of this tag'],
  'not-found': [404, 'There is no such thing'],
  'coupon-used': [409, 'The coupon has been used'],
  'coupon-reserved': [409, 'Another redemption has reserved the coupon'],
  'redemption-conflict': [409, 'The redemption is not one that this can be done to'],
  'tap-used': [409, 'The tap has been used'],
  erased: [409, 'Who this is about was erased, and has agreed to nothing since'],
  'identifier-taken': [409, 'An identifier belongs to another person'],
  'id-taken': [409, 'The id is somebody else’s'],
  'coupon-expired': [410, 'The coupon has expired'],
  'too-large': [413, 'The body is too large'],
  unprocessable: [422, 'The input contradicts itself or what is stored'],
  'too-many-attempts': [429, 'Too many wrong codes'],
  internal: [500, 'Something went wrong on our side'],
  unavailable: [503, 'Try again in a moment'],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemKind = keyof typeof TITLES;

/** An answer other than success, as RFC 9457 wants it. Its text is written for the client: never put personal data in it. */
export class Problem extends Error {
  override name = 'Problem';
  readonly kind: ProblemKind;
  readonly errors: readonly FieldError[];
  /** When asking again may help. */
  readonly retryAfterSeconds: number | undefined;
  constructor(kind: ProblemKind, detail: string, errors: readonly FieldError[] = [], retryAfterSeconds?: number) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds ?? (kind === 'unavailable' ? 1 : undefined);
  }
  get status(): number {
    return TITLES[this.kind][0];
  }
  /** The `application/problem+json` document. */
  document(): Record<string, unknown> {
    const [status, title] = TITLES[this.kind];
    return {
      type: `urn:beckon:problem:${this.kind}`,
      title,
      status,
      detail: this.message,
      ...(this.errors.length > 0 && { errors: this.errors }),
    };
  }
}
