import { readFile } from 'node:fs/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SecretName, secretEnv } from '../routes.ts';
import { requireEnv } from './environment.ts';

const held = new Map<SecretName, Promise<string>>();

/** A secret by the name that `routes.ts` grants; read once per process. `file:` names a file, anything else an ARN. */
export function secret(name: SecretName): Promise<string> {
  let value = held.get(name);
  if (!value) {
    value = read(requireEnv(secretEnv(name)));
    held.set(name, value);
    // A failed read must not be remembered.
    value.catch(() => held.delete(name));
  }
  return value;
}

async function read(location: string): Promise<string> {
  const text = location.startsWith('file:')
    ? (await readFile(location.slice('file:'.length), 'utf8')).trim()
    : (await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: location }))).SecretString;
  if (!text || text.length < 32) throw new Error('a secret must have at least 32 characters');
  return text;
}
