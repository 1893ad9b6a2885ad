import { type ChannelSender, channelError, type Delivery } from '#channels/channel.ts';
import type { Faults } from './faults.ts';
import type { Environment } from './lambda.ts';

/** One call that a sender made: `accepted` tells what the provider did, whatever the sender heard of it. */
export type ProviderCall = {
  messageId: string;
  address: string;
  at: number;
  environment: Environment;
  outcome: 'taken' | 'busy' | 'rejected' | 'silent';
  accepted: boolean;
};

const SILENCE_MS = 10_000;

/** A provider of messages without idempotency keys, as SES and End User Messaging are. */
export function createProvider(faults: Faults, onCall: (call: ProviderCall, delivery: Delivery) => void) {
  const { random } = faults;
  return (environment: Environment): ChannelSender => ({
    send: async (delivery) => {
      const drawn = draw();
      const call: ProviderCall = {
        messageId: delivery.messageId,
        address: delivery.address,
        at: environment.now(),
        environment,
        ...drawn,
      };
      onCall(call, delivery);
      try {
        return await environment.port({
          what: 'provider.send',
          about: delivery.messageId,
          there: 5 + random.exponential(30),
          back: drawn.outcome === 'silent' ? SILENCE_MS : 5 + random.exponential(30),
          perform: (resolve, reject) => {
            if (drawn.outcome === 'taken') resolve({ providerMessageId: `p-${delivery.messageId}` });
            else reject(refusal(drawn.outcome));
          },
        });
      } catch (error) {
        throw channelError(error);
      }
    },
  });

  function draw(): Pick<ProviderCall, 'outcome' | 'accepted'> {
    if (faults.strikes('busy')) return { outcome: 'busy', accepted: false };
    if (faults.strikes('rejected')) return { outcome: 'rejected', accepted: false };
    // After the timeout nobody can tell, and half of them went out.
    if (faults.strikes('unknown')) return { outcome: 'silent', accepted: random.chance(0.5) };
    return { outcome: 'taken', accepted: true };
  }
}

function refusal(outcome: 'busy' | 'rejected' | 'silent'): Error {
  switch (outcome) {
    case 'busy':
      return Object.assign(new Error('slow down'), {
        name: 'TooManyRequestsException',
        $metadata: { httpStatusCode: 429 },
      });
    case 'rejected':
      return Object.assign(new Error('no'), { name: 'MessageRejected', $metadata: { httpStatusCode: 400 } });
    case 'silent':
      return Object.assign(new Error('no answer'), { name: 'TimeoutError' });
  }
}
