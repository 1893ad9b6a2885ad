import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aCampaign, aPerson, HOME } from '#test/support/builders.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'beckon-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, value: unknown): string => {
  const file = path.join(folder, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};

it('prints signals first, then the decisions that the same engine would have taken then', () => {
  const properties = { radiusM: 60, timeZone: 'Asia/Shanghai', tags: ['store'], detection: 'plain' };
  const geometry = { type: 'Point', coordinates: [HOME.lng, HOME.lat] };
  const places = { type: 'FeatureCollection', features: [{ type: 'Feature', id: 's1', properties, geometry }] };
  const visit = (deviceId: string, day: string) => [
    { deviceId, at: `${day}T10:00:00Z`, ...HOME },
    { deviceId, at: `${day}T11:00:00Z`, lng: HOME.lng + 1, lat: HOME.lat },
  ];
  // Twice within the week, once after it; and one of whom nobody knows.
  const days = ['2026-03-02', '2026-03-04', '2026-03-12'];
  const positions = [...days.flatMap((day) => visit('phone-mei', day)), ...visit('phone-nobody', '2026-03-20')];
  const people = [{ personId: 'mei', ...aPerson('mei', { consents: consentsOf('2026-01-01T00:00:00Z') }) }];
  const segment = {
    name: 'Dairy',
    rule: { combinator: 'and', rules: [{ field: 'boughtDairy90d', operator: '>', value: 3 }] },
  };
  const run = spawnSync(
    process.execPath,
    [
      'local/replay.ts',
      ...['--places', write('places.geojson', places)],
      ...['--positions', write('positions.ndjson', positions.map((one) => JSON.stringify(one)).join('\n'))],
      ...[
        '--campaigns',
        write('campaigns.json', [{ campaignId: 'milk', ...aCampaign({ audience: { segmentId: 'dairy' } }) }]),
      ],
      ...['--people', write('people.json', people)],
      ...['--segments', write('segments.json', [{ segmentId: 'dairy', ...segment }])],
    ],
    { encoding: 'utf8' },
  );
  expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('2 offered, 1 skipped')]);
  const lines = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(0, 8).every(({ kind, deviceId }) => kind && deviceId)).toBe(true);
  expect(lines.slice(8).map(({ at, outcome, reasons }) => [at, outcome, reasons.at(-1).gate])).toEqual([
    ['2026-03-02T10:00:00.000Z', 'offered', 'experiment'],
    ['2026-03-04T10:00:00.000Z', 'skipped', 'frequency'],
    ['2026-03-12T10:00:00.000Z', 'offered', 'experiment'],
  ]);
});

const consentsOf = (at: string) =>
  (['location', 'marketing'] as const).map((purpose) => ({
    purpose,
    channel: 'any' as const,
    granted: true,
    at,
    source: 'x',
  }));
