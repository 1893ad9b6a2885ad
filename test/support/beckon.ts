import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Role } from '#functions/routes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 120_000;

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers as the outsider that it plays does
type Json = any;

export type Answer<T = Json> = { status: number; body: T; text: string; headers: Headers };
export type Caller = Role | 'nobody' | { token: string };

/** A Beckon of its own for a test: `npm start`'s process, spoken to over HTTP and nothing else. */
export type Beckon = {
  url: string;
  brand: string;
  dataDir: string;
  tokens: Record<Role, string>;
  /** Where this host's DynamoDB and SQS are, for tests that look behind the API. */
  endpoints: { dynamodb: string; sqs: string };
  call: <T = Json>(
    method: string,
    path: string,
    as: Caller,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer<T>>;
  /** SIGKILL to the host, as a power cut would. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
};

export type BeckonOptions = { dataDir?: string; env?: Record<string, string>; args?: string[]; keepData?: boolean };

/** Starts an empty brand (or, with `BECKON_SEED: 'demo'`, the demo) on a free port and resolves when it is ready. */
export async function startBeckon(options: BeckonOptions = {}): Promise<Beckon> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'beckon-'));
  const devFile = path.join(dataDir, 'dev.json');
  rmSync(devFile, { force: true });
  const child = spawn(process.execPath, ['local/main.ts', ...(options.args ?? ['--no-walkers'])], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', BECKON_DATA: dataDir, BECKON_SEED: 'none', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = capture(child);
  await untilReady(child, devFile, output);
  const { url, brand, tokens, endpoints } = JSON.parse(readFileSync(devFile, 'utf8'));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
  };
  return {
    url,
    brand,
    dataDir,
    tokens,
    endpoints,
    call: (method, pathname, as, body, headers) => call(url, tokens, { method, pathname, as, body, headers }),
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGINT');
      if (!options.keepData) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Asks again until the answer is there; says what it saw last when it never is. */
export async function eventually<T>(ask: () => Promise<T | undefined>, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`nothing after ${timeoutMs} ms: ${ask}`);
    await sleep(50);
  }
}

async function call(
  url: string,
  tokens: Record<Role, string>,
  {
    method,
    pathname,
    as,
    body,
    headers,
  }: { method: string; pathname: string; as: Caller; body: unknown; headers?: Record<string, string> | undefined },
): Promise<Answer> {
  const token = typeof as === 'object' ? as.token : as === 'nobody' ? undefined : tokens[as];
  const response = await fetch(url + pathname, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: parse(text), text, headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function capture(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text = (text + chunk).slice(-5000);
    });
  }
  return () => text;
}

async function untilReady(child: ChildProcess, devFile: string, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!existsSync(devFile)) {
    if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > deadline) throw new Error(`the host is not ready after ${READY_MS} ms:\n${output()}`);
    await sleep(25);
  }
  // The file is written in one go, but may be seen before its content.
  await sleep(25);
}
