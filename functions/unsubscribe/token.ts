import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Channel } from '#core/model/person.ts';

export type Unsubscription = { brand: string; personId: string; channel: Channel; programme?: string | undefined };

/** Unforgeable, without address or name, and without expiry: an old email must still be able to end what it began. */
export function unsubscribeToken(secret: string, { brand, personId, channel, programme }: Unsubscription): string {
  const payload = Buffer.from(
    JSON.stringify([brand, personId, channel, ...(programme === undefined ? [] : [programme])]),
  ).toString('base64url');
  return `${payload}.${signature(secret, payload)}`;
}

/** What a token ends, or undefined when it is not one of ours. */
export function readUnsubscribeToken(secret: string, token: string): Unsubscription | undefined {
  const [payload = '', given = ''] = token.split('.');
  const expected = Buffer.from(signature(secret, payload));
  const received = Buffer.from(given);
  if (expected.length !== received.length || !timingSafeEqual(expected, received)) return undefined;
  const [brand, personId, channel, programme] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
    string,
    string,
    Channel,
    string | undefined,
  ];
  return { brand, personId, channel, programme };
}

const signature = (secret: string, payload: string): string =>
  createHmac('sha256', secret).update(`unsubscribe/${payload}`).digest('base64url').slice(0, 32);
