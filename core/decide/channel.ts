import type { Channel, Identifier, Person } from '../model/person.ts';
import { hasConsent } from '../people/consent.ts';
import { demandsOn } from '../people/jurisdictions.ts';
import type { Case } from './facts.ts';

/** The identifier that is a channel's address. */
const ADDRESS_KIND: Partial<Record<Channel, Identifier['kind']>> = { sms: 'phone', email: 'email' };

/** Who would be written to, for what, when. */
type Asking = Pick<Case, 'campaign' | 'person' | 'standing' | 'brand' | 'now'>;

export type ChannelChoice = {
  channel: Channel | undefined;
  /** Why each channel before the chosen one was passed over. */
  passedOver: string[];
};

/** The first of the campaign's channels that Beckon can send through, the person agreed to, and has an address for. */
export function chooseChannel(gateCase: Asking & Pick<Case, 'channels'>): ChannelChoice {
  const passedOver: string[] = [];
  for (const channel of gateCase.campaign.message.channels) {
    const obstacle = isInstalled(channel, gateCase.channels) ? channelObstacle(channel, gateCase) : 'not-installed';
    if (!obstacle) return { channel, passedOver };
    passedOver.push(`${channel}: ${obstacle}`);
  }
  return { channel: undefined, passedOver };
}

/** Whether a deployment with these senders can use a channel. The inbox needs none: a coupon is in it as soon as it exists. */
export function isInstalled(channel: Channel, channels: readonly Channel[]): boolean {
  return channel === 'inbox' || channels.includes(channel);
}

/** What keeps a message from this person on this channel now, or undefined. */
export function channelObstacle(channel: Channel, asking: Asking): 'no-consent' | 'no-address' | undefined {
  const { campaign, person, standing } = asking;
  const demands = { ...demandsOn('marketing', asking, channel), programme: campaign.message.programme };
  if (!hasConsent(standing.consents, 'marketing', channel, demands)) return 'no-consent';
  // The inbox is wherever the person looks: a page that they have opened by a tap, an app's wallet.
  if (channel === 'inbox') return undefined;
  return addressOf(channel, person) === undefined ? 'no-address' : undefined;
}

/** Where a message on this channel goes. */
export function addressOf(channel: Channel, person: Person): string | undefined {
  return person.identifiers.find(({ kind }) => kind === ADDRESS_KIND[channel])?.value;
}
