import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod/mini';
import type { Service } from './dynamodb.ts';

/** What `SendTextMessage` takes, as botocore's model of pinpoint-sms-voice-v2 says. */
const SendTextMessageSchema = z.strictObject({
  DestinationPhoneNumber: z.string().check(z.regex(/^\+?[1-9][0-9]{1,18}$/)),
  OriginationIdentity: z.string().check(z.regex(/^[A-Za-z0-9_:/+-]{1,256}$/)),
  MessageBody: z.string().check(z.minLength(1), z.maxLength(1600)),
  MessageType: z.enum(['TRANSACTIONAL', 'PROMOTIONAL']),
  Context: z.optional(
    z.record(z.string().check(z.minLength(1), z.maxLength(100)), z.string().check(z.minLength(1), z.maxLength(800))),
  ),
});

export type CapturedSms = { id: string; at: number; to: string; from: string; text: string };

/** The SMS half of AWS End User Messaging on this machine: takes what AWS would take, refuses the rest, keeps it. */
export async function startSmsCapture(onSms: (sms: CapturedSms) => void): Promise<Service> {
  const server = createServer((request, response) => {
    void handle(request, response, onSms);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  onSms: (sms: CapturedSms) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const target = String(request.headers['x-amz-target'] ?? '');
  if (target !== 'PinpointSMSVoiceV2.SendTextMessage') {
    reply(response, 400, { __type: 'UnknownOperationException', Message: `unknown operation ${target}` });
    return;
  }
  const result = SendTextMessageSchema.safeParse(parse(Buffer.concat(chunks).toString()));
  if (!result.success) {
    const Fields = result.error.issues.map(({ path, message }) => ({ Name: path.join('.'), Message: message }));
    reply(response, 400, {
      __type: 'ValidationException',
      Message: 'not valid',
      Reason: 'FIELD_VALIDATION_FAILED',
      Fields,
    });
    return;
  }
  const { DestinationPhoneNumber: to, OriginationIdentity: from, MessageBody: text } = result.data;
  const id = randomUUID();
  onSms({ id, at: Date.now(), to, from, text });
  reply(response, 200, { MessageId: id });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
