import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const run = (input: string, secret = 'C9EB67DF090AFF47C3B19A2516680B9D') =>
  spawnSync(process.execPath, ['local/tag-keys.ts'], {
    input,
    encoding: 'utf8',
    env: { ...process.env, BECKON_TAG_SECRET: secret },
  });

describe('npm run tag-keys', () => {
  it('tells the keys to write on chips', () => {
    const { status, stdout } = run('010203040506ab\n03030303030303\n');
    expect(status).toBe(0);
    // The second is one of sdm-backend's own test vectors.
    expect(stdout.split('\n')).toEqual([
      'uid,metaKey,fileKey',
      expect.stringMatching(/^010203040506AB,a13086f194d7bdfd108dd11716ea2bdf,[0-9a-f]{32}$/),
      '03030303030303,a13086f194d7bdfd108dd11716ea2bdf,85f7cc459a5b4b2f5d1a5019ded61c88',
      '',
    ]);
  });

  it('says what it needs, and no key of what is no UID', () => {
    expect(run('')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Usage') });
    expect(run('03030303030303', 'short')).toMatchObject({ status: 1, stdout: '' });
    expect(run('03030303030303\nzz')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('zz') });
  });
});
