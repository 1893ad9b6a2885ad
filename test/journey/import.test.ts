import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Beckon, eventually, startBeckon } from '#test/support/beckon.ts';

/** Bringing people in as a merchant does: `npm run import`, against the API. */

let beckon: Beckon;
let dir: string;
beforeAll(async () => {
  beckon = await startBeckon();
  dir = mkdtempSync(path.join(tmpdir(), 'beckon-import-'));
});
afterAll(async () => {
  await beckon.stop();
  rmSync(dir, { recursive: true, force: true });
});

function start(
  file: string,
  ...args: string[]
): { child: ChildProcess; done: Promise<{ code: unknown; out: string }> } {
  const child = spawn(
    process.execPath,
    ['local/import.ts', '--file', file, '--url', beckon.url, '--token', beckon.tokens.marketer, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      out += chunk;
    });
  }
  return { child, done: once(child, 'close').then(([code]) => ({ code, out })) };
}
const run = (file: string, ...args: string[]) => start(file, ...args).done;

const rejectsOf = (file: string): unknown[] =>
  readFileSync(`${file}.rejects.ndjson`, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : JSON.parse(line)));

const write = (name: string, content: string | Buffer): string => {
  const file = path.join(dir, name);
  writeFileSync(file, content);
  return file;
};

const MAPPING = JSON.stringify({
  personId: 'id',
  email: 'email',
  attributes: { note: 'note', spent: { column: 'spent', type: 'number' } },
});

describe('npm run import', () => {
  it('goes on where it was killed, and ends as if it had not been', async () => {
    const rows = Array.from({ length: 2000 }, (_, index) =>
      index % 100 === 7 ? `c${index},,"two\nlines",much` : `c${index},c${index}@example.com,"two\nlines",${index}`,
    );
    const file = write('crm.csv', `id,email,note,spent\r\n${rows.join('\r\n')}\r\n`);
    const args = ['--format', 'csv', '--mapping', MAPPING, '--rows', '40'];
    const checkpoint = `${file}.import.json`;
    const killed = start(file, ...args);
    const linesDone = () => (existsSync(checkpoint) ? JSON.parse(readFileSync(checkpoint, 'utf8')).position.lines : 0);
    await eventually(async () => (linesDone() > 400 ? true : undefined), 60_000);
    killed.child.kill('SIGKILL');
    await killed.done;
    const before = linesDone();
    expect(before).toBeLessThan(4001);

    const resumed = await run(file, ...args, '--resume');
    expect(resumed).toMatchObject({ code: 0, out: expect.stringMatching(/20 rejected/) });
    expect(existsSync(checkpoint)).toBe(false);
    const rejects = rejectsOf(file);
    expect(rejects).toEqual(
      rows.flatMap((row, index) =>
        row.endsWith('much') ? [{ line: 2 + 2 * index, reason: 'has no number in column spent' }] : [],
      ),
    );

    const again = await run(file, ...args);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('0 imported, 1,980 unchanged, 20 rejected') });
    expect(rejectsOf(file)).toEqual(rejects);
    const person = await beckon.call('GET', '/v1/people/c1999', 'marketer');
    expect(person.body).toMatchObject({ attributes: { note: 'two\nlines', spent: 1999 } });
  }, 180_000);

  it('reads packed files, and keeps what Pinpoint knew: people, what they wanted, and segments that find them', async () => {
    const endpoints = Array.from({ length: 300 }, (_, index) => ({
      Id: `e${index}`,
      ChannelType: index % 2 ? 'EMAIL' : 'SMS',
      Address: index % 2 ? `u${index}@example.com` : `+1206555${String(1000 + index)}`,
      OptOut: index % 10 === 0 ? 'ALL' : 'NONE',
      EffectiveDate: '2026-01-01T00:00:00Z',
      Attributes: { Interests: [index < 30 ? 'Dairy' : 'Tools'] },
      User: { UserId: `u${Math.floor(index / 2)}` },
    }));
    const packed = gzipSync(endpoints.map((endpoint) => JSON.stringify(endpoint)).join('\n'));
    const file = write('endpoints.gz', packed);
    const vouched = ['--consent', 'app:v2', '--consent-at', '2026-06-01T00:00:00Z'];
    const people = await run(file, '--format', 'pinpoint', '--rows', '70', ...vouched);
    expect(people).toMatchObject({ code: 0, out: expect.stringContaining('300 imported, 0 unchanged, 0 rejected') });
    const { body } = await beckon.call('GET', '/v1/people/u0', 'marketer');
    expect(body.consents).toEqual([
      expect.objectContaining({ purpose: 'marketing', channel: 'email', granted: true }),
      expect.objectContaining({ purpose: 'marketing', channel: 'sms', granted: false }),
    ]);

    const Values = ['Dairy'];
    const segment = { Id: 'dairy', Name: 'Dairy', Dimensions: { Attributes: { Interests: { Values } } } };
    const segments = write(
      'segments.json',
      JSON.stringify({ SegmentsResponse: { Item: [segment, { Id: 'static', SegmentType: 'IMPORT' }] } }),
    );
    expect(await run(segments, '--format', 'pinpoint-segments')).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 imported, 0 unchanged, 1 rejected'),
    });
    expect(rejectsOf(segments)).toMatchObject([
      { segmentId: 'static', pointer: '/SegmentsResponse/Item/1/SegmentType' },
    ]);
    const preview = await beckon.call('POST', '/v1/segments/dairy/preview', 'marketer');
    expect(preview.status).toBe(200);
  }, 120_000);

  it('stops with the reason where the API says no, and says how to go on', async () => {
    const file = write('a.ndjson', '{"personId":"a"}\n');
    const till = ['--format', 'ndjson', '--token', beckon.tokens.till];
    expect(await run(file, ...till)).toMatchObject({ code: 1, out: expect.stringMatching(/403[\s\S]*--resume/) });
    expect(await run(file, '--format', 'xml')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/no format xml\s+Usage/),
    });
    for (const [mapping, says] of [
      [[], /^csv needs a --mapping\s+Usage/],
      [['--mapping', 'nowhere.json'], /^nowhere\.json: no such file\s*$/],
    ] as const) {
      const lacking = await run(file, '--format', 'csv', ...mapping);
      expect(lacking).toMatchObject({ code: 1, out: expect.stringMatching(says) });
    }
    const wrong = await run(write('b.csv', 'x\n1\n'), '--format', 'csv', '--mapping', MAPPING);
    expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining('the first line has no column id') });
  }, 60_000);
});
