import { createServer } from 'node:net';

/** Below what Linux gives to connections and to whoever listens on any port (32768 to 60999, ip(7)): none of them takes it. */
const FIRST = 20_000;
const COUNT = 10_000;
const MAX_TRIES = 50;

/** A port that nobody listens on now, and that nobody is given by chance before it is listened on. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
