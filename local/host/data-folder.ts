import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type DataFolder = {
  /** As given: a folder, or `:memory:`. */
  location: string;
  /** Undefined when nothing is kept. */
  dir: string | undefined;
  /** Where pages and secrets go, kept or not. */
  workDir: string;
  /** Where others find url and tokens while the host runs. */
  devFile: string;
  release: () => void;
};

/** Opens the folder for one host. @throws when another host has it open */
export function openDataFolder(location: string): DataFolder {
  if (location === ':memory:') return openNothing();
  const workDir = path.resolve(location);
  const devFile = path.join(workDir, 'dev.json');
  mkdirSync(workDir, { recursive: true });
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
    devFile,
    release: () => {
      rmSync(devFile, { force: true });
      rmSync(lock, { force: true });
    },
  };
}

/** Nothing outlives the host but the folder in which `dev.json` was promised to be. */
function openNothing(): DataFolder {
  const workDir = mkdtempSync(path.join(tmpdir(), 'beckon-memory-'));
  const devFile = path.resolve('.beckon', 'dev.json');
  mkdirSync(path.dirname(devFile), { recursive: true });
  return {
    location: ':memory:',
    dir: undefined,
    workDir,
    devFile,
    release: () => {
      rmSync(devFile, { force: true });
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

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
