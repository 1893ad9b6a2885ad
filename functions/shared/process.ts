import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNELS, type Channel } from '#core/model/person.ts';
import { openDatabase } from '#store/client.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { createLeaseHand } from '../engage/lease-hand.ts';
import { ENV } from '../routes.ts';
import { sweepDeadLetters } from './dead-letters.ts';
import { once, requireEnv } from './environment.ts';
import { send, sendToDeadLetters } from './queues.ts';
import type { Runtime } from './runtime.ts';
import { secret } from './secrets.ts';

const database = once(() => openDatabase(process.env));

const catalogue = once(() =>
  createCatalogueCache(database(), { maxAgeMs: Number(requireEnv(ENV.catalogueMaxAge)) * 1000, now: Date.now }),
);

const installedChannels = once((): Channel[] => {
  const named = (process.env[ENV.channels] ?? '').split(',');
  return CHANNELS.filter((channel) => named.includes(channel));
});

/** This process's runtime; each part is opened when it is first used, so that no function needs what it is not granted. */
export const processRuntime: Runtime = {
  get db() {
    return database();
  },
  get catalogue() {
    return catalogue();
  },
  get channels() {
    return installedChannels();
  },
  get loopbackWebhooks() {
    return process.env[ENV.loopbackWebhooks] === 'yes';
  },
  get locator() {
    return process.env[ENV.locator] === 'amazon' ? ('amazon' as const) : ('embedded' as const);
  },
  leases: createLeaseHand(),
  now: Date.now,
  random: Math.random,
  sleep: (ms) => sleep(ms),
  secret,
  send,
  sendToDeadLetters,
  sweepDeadLetters,
  requireEnv,
};
