import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelError, type ChannelSender, channelError } from '#channels/channel.ts';
import { createEmailSender } from '#channels/email.ts';
import { createSmsSender } from '#channels/sms.ts';
import { type Answer, aDelivery, type Capture, pointSdkAt, startCapture } from './capture.ts';

const SENDERS: [string, () => ChannelSender][] = [
  ['email', () => createEmailSender({ from: 'hello@harbour.example', unsubscribeMailbox: 'stop@harbour.example' })],
  ['sms', () => createSmsSender({ origin: 'HARBOUR' })],
];

describe.each(SENDERS)('what a failed call of %s means', (_, createSender) => {
  let capture: Capture;
  beforeEach(async () => {
    capture = await startCapture();
  });
  afterEach(() => {
    vi.useRealTimers();
    capture.stop();
    vi.unstubAllEnvs();
  });

  const failure = () =>
    createSender()
      .send(aDelivery())
      .then(
        () => expect.fail('was sent'),
        (error: unknown) => error,
      );

  it.each<[Answer, ChannelError['meaning'], string]>([
    [{ status: 400, type: 'MessageRejected' }, 'rejected', 'MessageRejected'],
    [{ status: 400, type: 'ValidationException' }, 'rejected', 'ValidationException'],
    [{ status: 403, type: 'AccessDeniedException' }, 'rejected', 'AccessDeniedException'],
    [{ status: 404, type: 'ResourceNotFoundException' }, 'rejected', 'ResourceNotFoundException'],
    [{ status: 429, type: 'TooManyRequestsException' }, 'busy', 'TooManyRequestsException'],
    [{ status: 429 }, 'busy', expect.any(String)],
    [{ status: 400, type: 'ThrottlingException' }, 'busy', 'ThrottlingException'],
    [{ status: 503, type: 'ServiceUnavailable' }, 'busy', 'ServiceUnavailable'],
    [{ status: 500, type: 'InternalServerException' }, 'unknown', 'InternalServerException'],
    [{ status: 502 }, 'unknown', expect.any(String)],
    [{ status: 504 }, 'unknown', expect.any(String)],
    ['hang-up', 'unknown', expect.any(String)],
  ])('%j: %s', async (answer, meaning, reason) => {
    capture.answerWith(answer);
    const error = await failure();
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ meaning, reason, cause: expect.any(Error) });
    // The SDK must not have tried again on its own.
    expect(capture.requests).toHaveLength(1);
  });

  it('nobody listens: busy', async () => {
    capture.stop();
    expect(await failure()).toMatchObject({ name: 'ChannelError', meaning: 'busy', reason: 'unreachable' });
  });

  it('no such host: busy', async () => {
    pointSdkAt('http://nowhere.invalid');
    expect(await failure()).toMatchObject({ name: 'ChannelError', meaning: 'busy', reason: 'unreachable' });
  });

  it('no answer within ten seconds: unknown, and the call is given up', async () => {
    capture.answerWith('silence');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const arrived = capture.captured();
    const failed = failure();
    await arrived;
    let isOver = false;
    void failed.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(9_000);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await failed).toMatchObject({ name: 'ChannelError', meaning: 'unknown', reason: 'TimeoutError' });
    expect(capture.requests).toHaveLength(1);
  });
});

describe('channelError', () => {
  it('reads anything that is thrown', () => {
    for (const thrown of [new Error('x'), {}, 'text', undefined, null]) {
      expect(channelError(thrown)).toMatchObject({ meaning: 'unknown', cause: thrown });
    }
  });
});
