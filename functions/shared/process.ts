import { CHANNELS, type Channel } from '#core/model/person.ts';
import { openDatabase } from '#store/client.ts';
import { createCatalogueCache } from '#store/snapshot.ts';
import { ENV } from '../routes.ts';

/** The value of an environment variable that deployment must have set. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Runs once per process, on first use: a Lambda environment opens its clients once and keeps them. */
export function once<T>(open: () => T): () => T {
  let value: { opened: T } | undefined;
  return () => {
    value ??= { opened: open() };
    return value.opened;
  };
}

export const database = once(() => openDatabase(process.env));

export const catalogue = once(() =>
  createCatalogueCache(database(), { maxAgeMs: Number(requireEnv(ENV.catalogueMaxAge)) * 1000, now: Date.now }),
);

/** Channels that have a sender in this deployment; the others exist only on paper. */
export const installedChannels = once((): Channel[] => {
  const named = (process.env[ENV.channels] ?? '').split(',');
  return CHANNELS.filter((channel) => named.includes(channel));
});
