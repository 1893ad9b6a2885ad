import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Service } from './dynamodb.ts';
import { freePort } from './ports.ts';
import { startSmsCapture } from './sms-capture.ts';

/** Shown at most, newest first; the file keeps all. */
const MAX_SHOWN = 500;

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
type SesEmail = {
  messageId: string;
  from: string;
  destination: { to: string[] };
  subject: string;
  body: { html?: string; text?: string };
  headers?: { name: string; value: string }[];
  /** Epoch seconds. */
  at: number;
};

export type Mailbox = { ses: Service; sms: Service; list: () => Promise<InboxItem[]> };

/** Everybody's phone and mail client: the providers' endpoints on this machine, and what came in. */
export async function openMailbox(dataDir: string | undefined): Promise<Mailbox> {
  const file = dataDir && path.join(dataDir, 'inbox.ndjson');
  const items = new Map<string, InboxItem>(
    file && existsSync(file) ? readLines(file).map((item) => [item.id, item]) : [],
  );
  const keep = (item: InboxItem): void => {
    if (items.has(item.id)) return;
    items.set(item.id, item);
    if (file) appendFileSync(file, `${JSON.stringify(item)}\n`);
  };
  const ses = await startMail();
  const sms = await startSmsCapture(({ id, at, to, from, text }) =>
    keep({ id, channel: 'sms', at: new Date(at).toISOString(), from, to, text }),
  );
  const collect = async (): Promise<void> => {
    const { emails } = (await (await fetch(`${ses.url}/store`)).json()) as { emails: SesEmail[] };
    for (const email of emails) keep(itemOf(email));
  };
  // Mail is held in the emulator's memory only: what it took is written down once a second.
  const timer = setInterval(() => void collect().catch(() => undefined), 1000);
  return {
    ses: {
      url: ses.url,
      stop: async () => {
        clearInterval(timer);
        await collect();
        await ses.stop();
      },
    },
    sms,
    list: async () => {
      await collect();
      return [...items.values()].sort((left, right) => (left.at < right.at ? 1 : -1)).slice(0, MAX_SHOWN);
    },
  };
}

// CommonJS with an ES default export: `require` is read the same by Node and by the test runner.
const startSes = (createRequire(import.meta.url)('aws-ses-v2-local') as typeof import('aws-ses-v2-local')).default;

/** SES on this machine, for as long as nobody stops it. */
export async function startMail(): Promise<Service> {
  const port = await freePort();
  const server = await startSes({ host: '127.0.0.1', port });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function itemOf({ messageId, from, destination, subject, body, headers = [], at }: SesEmail): InboxItem {
  return {
    id: messageId,
    channel: 'email',
    at: new Date(at * 1000).toISOString(),
    from,
    to: destination.to.join(', '),
    subject,
    text: body.text ?? '',
    ...(body.html !== undefined && { html: body.html }),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
  };
}

function readLines(file: string): InboxItem[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as InboxItem];
      } catch {
        // The last line of a host that was killed while writing it.
        return [];
      }
    });
}
