import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type DataFolder = {
  /** As given: a folder, or `:memory:`. */
  location: string;
  /** Undefined when nothing is kept. */
  dir: string | undefined;
  /** Where `dev.json` and secrets go, kept or not. */
  workDir: string;
  release: () => void;
};

/** Opens the folder for one host. @throws when another host has it open */
export function openDataFolder(location: string): DataFolder {
  const inMemory = location === ':memory:';
  const workDir = path.resolve(inMemory ? '.beckon' : location);
  mkdirSync(workDir, { recursive: true });
  if (inMemory) return { location, dir: undefined, workDir, release: () => rmSync(devFile(workDir), { force: true }) };
  const lock = path.join(workDir, 'host.pid');
  if (existsSync(lock)) {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (isHost(pid)) throw new Error(`Beckon already runs with the data in ${workDir} (process ${pid})`);
  }
  writeFileSync(lock, String(process.pid));
  return {
    location: workDir,
    dir: workDir,
    workDir,
    release: () => {
      rmSync(devFile(workDir), { force: true });
      rmSync(lock, { force: true });
    },
  };
}

export const devFile = (workDir: string): string => path.join(workDir, 'dev.json');

/** The path of a secret that is made once and kept. */
export function keptSecret(workDir: string, name: string): string {
  const file = path.join(workDir, `${name}.secret`);
  if (!existsSync(file)) writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 });
  return file;
}

function isHost(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('local/main.ts');
  } catch {
    // No such process.
    return false;
  }
}
