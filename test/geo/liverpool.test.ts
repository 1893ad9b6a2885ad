import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import { aPlace, device, inBatches } from './build.ts';
import { goldenTest, sharedJson } from './shared-data.ts';

const FENCES = 'liverpool_golden_geofence_events.json';
const BUSES = 'liverpool_bus_route14.json';
const golden = goldenTest([FENCES, BUSES]);

type Golden = {
  fences: { id: string; center: [number, number]; radius: number }[];
  events: { fence: string; deviceId: string; event: 'ENTER' | 'EXIT'; t: string }[];
};
type Buses = {
  points: [at: string, lng: number, lat: number, bearing: number | null, deviceId: string, tripId: string][];
};
type Signal = { kind: string; placeId: string; deviceId: string; at: string };
type Position = { deviceId: string; at: string; lng: number; lat: number };

const load = () => {
  const { fences, events } = sharedJson<Golden>(FENCES);
  const positions: Position[] = sharedJson<Buses>(BUSES).points.map(([at, lng, lat, , deviceId]) => ({
    deviceId,
    at,
    lng,
    lat,
  }));
  const expected: Signal[] = events.map((e) => ({
    kind: e.event === 'ENTER' ? 'geofence.enter' : 'geofence.exit',
    placeId: e.fence,
    deviceId: e.deviceId,
    at: e.t,
  }));
  const places = (detection: 'plain' | 'confirmed') =>
    fences.map((f) =>
      aPlace({ placeId: f.id, radiusM: f.radius, geometry: { type: 'Point', coordinates: f.center }, detection }),
    );
  return { fences, positions, expected, places };
};

/** Eight buses whose positions arrive in batches of a size, each batch `times` over. */
function ride(
  positions: Position[],
  size: number,
  times: number,
  options: Parameters<typeof device>[1],
  index: PlaceIndex,
) {
  const buses = new Map<string, ReturnType<typeof device>>();
  const signals: Signal[] = [];
  let dropped = 0;
  for (const batch of inBatches(positions, size)) {
    for (const [deviceId, own] of Map.groupBy(batch, (p) => p.deviceId)) {
      const bus = buses.get(deviceId) ?? device(index, options);
      buses.set(deviceId, bus);
      const fixes = own.map((p) => ({ ...p, at: Date.parse(p.at) }));
      for (let i = 0; i < times; i++) {
        const found = bus.read(fixes);
        dropped += found.dropped.length;
        for (const { kind, placeId, at } of found.transitions) {
          signals.push({ kind, placeId, deviceId, at: new Date(at).toISOString().replace('.000Z', 'Z') });
        }
      }
    }
  }
  return { signals, dropped };
}

const byCause = (signals: Signal[]) => signals.map((s) => JSON.stringify([s.at, s.deviceId, s.placeId, s.kind])).sort();

describe('Liverpool buses, route 14 (UK Bus Open Data Service, OGL v3.0)', () => {
  for (const size of [1, 2, 7, 50, 10_000]) {
    golden(`plain: the known 68 events, in batches of ${size}, each delivered once or twice`, () => {
      const { positions, expected, places } = load();
      const index = createPlaceIndex(places('plain'));
      const once = ride(positions, size, 1, {}, index);
      const twice = ride(positions, size, 2, {}, index);
      const lazy = ride(positions, size, 2, { writeOnlyIfChanged: true }, index);
      expect(once.signals).toHaveLength(68);
      if (size === 1) expect(once.signals).toEqual(expected);
      expect(byCause(once.signals)).toEqual(byCause(expected));
      expect(twice.signals).toEqual(once.signals);
      expect(twice.dropped).toBe(positions.length + once.dropped);
      expect(lazy.signals).toEqual(once.signals);
    });

    golden(`confirmed: the same events in batches of ${size} as one by one, each delivered once or twice`, () => {
      const { positions, places } = load();
      const index = createPlaceIndex(places('confirmed'));
      const options = { thresholds: [60, 300] };
      const oneByOne = byCause(ride(positions, 1, 1, options, index).signals);
      expect(oneByOne.length).toBeGreaterThan(40);
      expect(byCause(ride(positions, size, 1, options, index).signals)).toEqual(oneByOne);
      expect(byCause(ride(positions, size, 2, options, index).signals)).toEqual(oneByOne);
      // Judged against older fixes, a bus that sets off is surprising less often; then more of its stops are seen.
      const lazy = ride(positions, size, 2, { ...options, writeOnlyIfChanged: true }, index).signals;
      expect(lazy.length).toBeGreaterThanOrEqual(oneByOne.length);
      expect(lazy.length).toBeLessThan(oneByOne.length * 1.25);
    });
  }

  golden('plainOnly makes confirmed places plain', () => {
    const { positions, expected, places } = load();
    expect(ride(positions, 1, 1, { plainOnly: true }, createPlaceIndex(places('confirmed'))).signals).toEqual(expected);
  });

  golden('npm run replay -- --raw prints the 68 in order', () => {
    const { fences, positions, expected } = load();
    const folder = mkdtempSync(join(tmpdir(), 'beckon-replay-'));
    try {
      const features = fences.map((f) => ({
        type: 'Feature',
        id: f.id,
        properties: { radiusM: f.radius },
        geometry: { type: 'Point', coordinates: f.center },
      }));
      writeFileSync(join(folder, 'places.geojson'), JSON.stringify({ type: 'FeatureCollection', features }));
      writeFileSync(join(folder, 'positions.ndjson'), positions.map((p) => `${JSON.stringify(p)}\n`).join(''));
      const args = ['local/replay.ts', '--raw', '--places', join(folder, 'places.geojson')];
      const out = execFileSync('node', [...args, '--positions', join(folder, 'positions.ndjson')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
