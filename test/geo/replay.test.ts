import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromWgs84 } from '#core/geo/coordinate-systems.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beckon-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const places = (properties: object, name = 'places.geojson') => {
  const features = [{ type: 'Feature', id: 's1', properties, geometry: { type: 'Point', coordinates: [0, 0] } }];
  return write(name, JSON.stringify({ type: 'FeatureCollection', features }));
};
const replay = (...args: string[]) => {
  const { stdout, stderr, status } = spawnSync('node', ['local/replay.ts', ...args], { encoding: 'utf8' });
  return {
    lines: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    stderr,
    status,
  };
};
const position = (deviceId: string, at: string, lng: number) => ({ deviceId, at, lng, lat: 0 });

describe('npm run replay', () => {
  test('reads lines and batches of many devices, and prints signals', () => {
    const lines = [
      position('p1', '2026-11-22T10:00:00Z', 1),
      { positions: [position('p2', '2026-11-22T10:00:30Z', 0), position('p1', '2026-11-22T18:00:20+08:00', 0)] },
      position('p1', '2026-11-22T10:00:20Z', 0),
      position('p2', '2026-11-22T10:01:00.000Z', 1),
    ];
    const file = write('positions.ndjson', `${lines.map((line) => JSON.stringify(line)).join('\r\n')}\r\n\r\n`);
    const {
      lines: signals,
      stderr,
      status,
    } = replay('--places', places({ radiusM: 50 }), '--positions', file, '--raw');
    expect(signals).toEqual([
      { kind: 'geofence.enter', placeId: 's1', deviceId: 'p1', at: '2026-11-22T10:00:20.000Z' },
      { kind: 'geofence.enter', placeId: 's1', deviceId: 'p2', at: '2026-11-22T10:00:30Z' },
      { kind: 'geofence.exit', placeId: 's1', deviceId: 'p2', at: '2026-11-22T10:01:00.000Z' },
    ]);
    expect(stderr).toContain('5 positions of 2 devices, 3 signals, 1 duplicate');
    expect(status).toBe(0);
  });

  test('without --raw confirms, and takes --radiusM for Points', () => {
    const rows = [0, 20, 40].map((s) =>
      position('p1', `2026-11-22T10:00:${String(s).padStart(2, '0')}Z`, s === 0 ? 0.002 : 0),
    );
    const file = write('positions.ndjson', rows.map((row) => JSON.stringify(row)).join('\n'));
    const args = ['--places', places({}), '--positions', file, '--radiusM', '100'];
    expect(replay(...args).lines.map(({ at }) => at)).toEqual(['2026-11-22T10:00:40Z']);
    expect(replay(...args, '--raw').lines.map(({ at }) => at)).toEqual(['2026-11-22T10:00:20Z']);
  });

  test('--explain tells instead in what the two ways differ; coordinates may be a map of China’s', () => {
    const shanghai: [number, number] = [121.4737, 31.2304];
    const feature = {
      type: 'Feature',
      id: 's1',
      properties: { radiusM: 50 },
      geometry: { type: 'Point', coordinates: shanghai },
    };
    const shops = write('shops.geojson', JSON.stringify({ type: 'FeatureCollection', features: [feature] }));
    const [lng, lat] = fromWgs84('bd09', shanghai);
    const at = (second: number) => `2026-11-22T10:00:${second}Z`;
    const passing = [
      { deviceId: 'p1', at: at(10), lng: shanghai[0] + 0.01, lat: shanghai[1] },
      { coordinateSystem: 'bd09', positions: [{ deviceId: 'p1', at: at(20), lng, lat }] },
      { deviceId: 'p1', at: at(59), lng: shanghai[0] + 0.01, lat: shanghai[1] },
    ];
    const file = write('positions.ndjson', passing.map((line) => JSON.stringify(line)).join('\n'));
    const { lines, stderr, status } = replay('--places', shops, '--positions', file, '--explain');
    expect(lines).toMatchObject([
      { difference: 'missing', kind: 'geofence.enter', placeId: 's1', deviceId: 'p1', at: '2026-11-22T10:00:20.000Z' },
      { difference: 'missing', kind: 'geofence.exit', reason: 'never-entered' },
    ]);
    expect(stderr).toContain('2 enters and exits by plain containment, 0 by confirmed detection');
    expect(status).toBe(0);
    expect(replay('--places', shops, '--positions', file, '--explain', '--raw').stderr).toContain('stands alone');
  });

  test('a bad line is named, after what came before it', () => {
    const good = JSON.stringify(position('p1', '2026-11-22T10:00:00Z', 0));
    for (const [bad, told] of [
      ['{"deviceId":', 'is not JSON'],
      [good.replace('"lat":0', '"lat":99'), '/lat:'],
      ['7', '/: '],
    ] as const) {
      const file = write('positions.ndjson', `${good}\n\n${bad}\n${good}\n`);
      const { lines, stderr, status } = replay('--places', places({ radiusM: 50 }), '--positions', file);
      expect(lines).toHaveLength(1);
      expect(stderr).toContain(`positions.ndjson:3: ${told}`);
      expect(status).toBe(1);
    }
  });

  test('bad places, missing files and wrong flags end in one clear message and 1', () => {
    const file = write('positions.ndjson', '');
    const cases: [string[], string][] = [
      [
        ['--places', places({}, 'bad.geojson'), '--positions', file],
        'feature 0 (s1): /radiusM: is required with a Point',
      ],
      [['--places', write('x.geojson', '{'), '--positions', file], 'x.geojson'],
      [['--places', places({ radiusM: 5 }), '--positions', join(folder, 'none')], 'ENOENT'],
      [['--positions', file], 'Usage'],
      [['--places', 'a', '--positions', 'b', '--radius', '5'], '--radius'],
      [['--places', 'a', '--positions', 'b', '--campaigns', 'c'], '--campaigns and --people go together'],
    ];
    for (const [args, told] of cases) {
      const { stderr, status } = replay(...args);
      expect(stderr).toContain(told);
      expect(stderr).not.toContain('    at ');
      expect(status).toBe(1);
    }
  });
});
