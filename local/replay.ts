import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { dwellThresholdsOf } from '#core/decide/dwell.ts';
import { toWgs84 } from '#core/geo/coordinate-systems.ts';
import { type DeviceState, detect, type Transition } from '#core/geo/detect.ts';
import { placesFromFeatures } from '#core/geo/import-features.ts';
import { createPlaceIndex, type PlaceIndex } from '#core/geo/place-index.ts';
import { type CoordinateSystem, CoordinateSystemSchema } from '#core/model/coordinate-system.ts';
import type { Place } from '#core/model/place.ts';
import { type Position, PositionSchema } from '#core/model/position.ts';
import { createDecider, type Decider, type ReplayFiles } from './replay-decisions.ts';
import { createExplainer } from './replay-explain.ts';

const USAGE = `Usage: npm run --silent replay -- --places F --positions F [--radiusM N] [--raw | --explain]
       [--campaigns F --people F [--segments F]]

Runs the engine over recorded positions and stores nothing. Out come NDJSON lines: signals, then decisions.

  --places     GeoJSON FeatureCollection: id of the feature, radiusM, name, timeZone, tags, detection of its properties
  --positions  NDJSON, one {"deviceId", "at", "lng", "lat", "accuracyM"?, "speedMps"?} or {"positions": [...]} a line;
               these and the collection may have "coordinateSystem": "gcj02" or "bd09"
  --radiusM    for Points that bring none, in metres
  --raw        plain containment, fix by fix, as Amazon Location does
  --explain    instead of signals: in what these and those of --raw differ, and why
  --campaigns, --people, --segments
               JSON lists or NDJSON: the bodies that the API takes, with campaignId, personId, segmentId in them
`;

/** A fault of the input, told in one line. */
class ReplayError extends Error {}

type SignalLine = { kind: Transition['kind']; placeId: string; deviceId: string; at: string };

type Options = {
  places: string;
  positions: string;
  raw: boolean;
  explain: boolean;
  radiusM: number | undefined;
  decisions: ReplayFiles | undefined;
};

async function main(): Promise<void> {
  const options = readOptions();
  const places = await readPlaces(options);
  if (options.explain) return await explain(options.positions, places);
  const decider = options.decisions && (await openDecider(options.decisions, places));
  const print = printer();
  const transitions: { transition: Transition; deviceId: string }[] = [];
  const index = createPlaceIndex(places);
  const dwellSeconds = dwellThresholdsOf(decider?.campaigns ?? []);
  const replayed = replaySignals({
    ...options,
    index,
    dwellThresholds: (placeId) => dwellSeconds(index.get(placeId)),
    print: print.line,
    onTransition: (transition, deviceId) => {
      if (decider) transitions.push({ transition, deviceId });
    },
  });
  // What was found before a bad line is still printed.
  const count = await replayed.finally(print.flush);
  const decisions = new Map<string, number>();
  for (const { transition, deviceId } of transitions.sort((a, b) => a.transition.at - b.transition.at)) {
    for (const decision of decider?.decideOn(transition, deviceId) ?? []) {
      decisions.set(decision.outcome, (decisions.get(decision.outcome) ?? 0) + 1);
      await print.line(decision);
    }
  }
  await print.flush();
  if (decider) say([...decisions].map(([outcome, n]) => `${n} ${outcome}`).join(', ') || 'no decisions');
  const dropped = Object.entries(count.dropped).map(([reason, n]) => `, ${n} ${reason}`);
  say(`${count.positions} positions of ${count.devices} devices, ${count.signals} signals${dropped.join('')}`);
}

/** Prints in what confirmed detection and plain containment differ, and sums it up by reason. */
async function explain(positions: string, places: Place[]): Promise<void> {
  const print = printer();
  const explainer = createExplainer(createPlaceIndex(places));
  for await (const batch of positionBatches(positions)) {
    for (const [deviceId, ofDevice] of Map.groupBy(batch, (position) => position.deviceId)) {
      explainer.read(
        deviceId,
        ofDevice.map((position) => ({ ...position, at: Date.parse(position.at) })),
      );
    }
  }
  const sums = new Map<string, number>();
  for (const difference of explainer.differences()) {
    const { kind, reason } = difference;
    const sum = `${kind} ${difference.difference}: ${reason}`;
    sums.set(sum, (sums.get(sum) ?? 0) + 1);
    await print.line(difference);
  }
  await print.flush();
  for (const [sum, count] of [...sums].sort(([a], [b]) => a.localeCompare(b))) say(`${count} ${sum}`);
  const { plain, confirmed } = explainer.counts();
  say(`${plain} enters and exits by plain containment, ${confirmed} by confirmed detection`);
}

function openDecider(files: ReplayFiles, places: Place[]): Promise<Decider> {
  return createDecider(files, places).catch((error: Error) => {
    throw new ReplayError(error.message);
  });
}

type Count = { positions: number; devices: number; signals: number; dropped: Record<string, number> };

/** Signals go to `print` in the order in which the lines of the file cause them. */
async function replaySignals({
  positions,
  raw,
  index,
  dwellThresholds,
  print,
  onTransition,
}: {
  positions: string;
  raw: boolean;
  index: PlaceIndex;
  dwellThresholds: (placeId: string) => number[];
  print: (line: SignalLine) => Promise<void> | undefined;
  onTransition: (transition: Transition, deviceId: string) => void;
}): Promise<Count> {
  const states = new Map<string, DeviceState>();
  const count: Count = { positions: 0, devices: 0, signals: 0, dropped: {} };
  const tellProgress = progress();

  for await (const batch of positionBatches(positions)) {
    count.positions += batch.length;
    const caused: { at: number; line: SignalLine }[] = [];
    for (const [deviceId, ofDevice] of Map.groupBy(batch, (position) => position.deviceId)) {
      const fixes = ofDevice.map((position) => ({ ...position, at: Date.parse(position.at) }));
      const found = detect({ state: states.get(deviceId), fixes, index, dwellThresholds, plainOnly: raw });
      states.set(deviceId, found.state);
      for (const { reason } of found.dropped) count.dropped[reason] = (count.dropped[reason] ?? 0) + 1;
      for (const transition of found.transitions) {
        const { kind, placeId, at } = transition;
        onTransition(transition, deviceId);
        caused.push({ at, line: { kind, placeId, deviceId, at: textOf(at, fixes, ofDevice) } });
      }
    }
    count.signals += caused.length;
    for (const { line } of caused.sort((a, b) => a.at - b.at)) await print(line);
    tellProgress(count.positions);
  }
  return { ...count, devices: states.size };
}

/** The time of a fix as its file wrote it, where that is UTC, so that input and output can be joined as text. */
function textOf(at: number, fixes: { at: number }[], positions: Position[]): string {
  const text = positions[fixes.findIndex((fix) => fix.at === at)]?.at;
  return text?.endsWith('Z') ? text : new Date(at).toISOString();
}

const BatchSchema = z.object({
  positions: z.array(PositionSchema),
  coordinateSystem: z.optional(CoordinateSystemSchema),
});

async function* positionBatches(file: string): AsyncGenerator<Position[]> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let lineNumber = 0;
  try {
    for await (const line of lines) {
      lineNumber++;
      if (line.trim() !== '') yield parseLine(line, `${file}:${lineNumber}`);
    }
  } catch (error) {
    if (error instanceof ReplayError) throw error;
    throw new ReplayError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

function parseLine(line: string, where: string): Position[] {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new ReplayError(`${where}: is not JSON`);
  }
  const isBatch = typeof json === 'object' && json !== null && 'positions' in json;
  const parsed = isBatch ? BatchSchema.safeParse(json) : PositionSchema.safeParse(json);
  if (parsed.success) {
    if (!('positions' in parsed.data)) return [inWgs84(parsed.data)];
    const { positions, coordinateSystem } = parsed.data;
    return positions.map((position) => inWgs84(position, coordinateSystem));
  }
  const [issue] = parsed.error.issues;
  throw new ReplayError(
    `${where}: /${issue?.path.map(String).join('/') ?? ''}: ${issue?.message ?? 'is not a position'}`,
  );
}

function inWgs84(position: Position, ofBatch: CoordinateSystem = 'wgs84'): Position {
  const { coordinateSystem = ofBatch, ...rest } = position;
  const [lng, lat] = toWgs84(coordinateSystem, [rest.lng, rest.lat]);
  return { ...rest, lng, lat };
}

async function readPlaces({ places: file, radiusM }: Options): Promise<Place[]> {
  const features = await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch((error: Error) => {
      throw new ReplayError(`${file}: ${error.message}`);
    });
  // Signals do not depend on the clock on the wall; campaigns over places without a time zone would read it as UTC.
  const system = CoordinateSystemSchema.safeParse(features?.coordinateSystem ?? 'wgs84');
  if (!system.success) throw new ReplayError(`${file}: /coordinateSystem: ${system.error.issues[0]?.message}`);
  const defaults = { radiusM, timeZone: 'UTC', coordinateSystem: system.data };
  const { places, rejected } = placesFromFeatures(features, defaults);
  for (const { index, id, reason } of rejected.slice(0, 20)) {
    say(`${file}: ${index < 0 ? '' : `feature ${index}${id ? ` (${id})` : ''}: `}${reason}`);
  }
  if (rejected.length > 0) throw new ReplayError(`${file}: ${rejected.length} of its features are not places`);
  return places;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        places: { type: 'string' },
        positions: { type: 'string' },
        campaigns: { type: 'string' },
        people: { type: 'string' },
        segments: { type: 'string' },
        radiusM: { type: 'string' },
        raw: { type: 'boolean', default: false },
        explain: { type: 'boolean', default: false },
      },
    });
    const { places, positions, campaigns, people, raw, explain } = values;
    if (!places || !positions) throw new Error('--places and --positions are needed');
    if (explain && (raw || campaigns)) throw new Error('--explain stands alone');
    if (!campaigns !== !people) throw new Error('--campaigns and --people go together');
    const decisions = campaigns && people ? { campaigns, people, segments: values.segments } : undefined;
    const radiusM = values.radiusM === undefined ? undefined : Number(values.radiusM);
    if (radiusM !== undefined && !(radiusM > 0)) throw new Error('--radiusM must be a number of metres');
    return { places, positions, raw, explain, radiusM, decisions };
  } catch (error) {
    throw new ReplayError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

const FLUSH_BYTES = 64 * 1024;

/** Writes lines in blocks, and waits where the reader is slower. */
function printer(): { line: (value: unknown) => Promise<void> | undefined; flush: () => Promise<void> } {
  let pending = '';
  const flush = async () => {
    const block = pending;
    pending = '';
    if (block !== '' && !process.stdout.write(block)) await once(process.stdout, 'drain');
  };
  const line = (value: unknown) => {
    pending += `${JSON.stringify(value)}\n`;
    return pending.length >= FLUSH_BYTES ? flush() : undefined;
  };
  return { line, flush };
}

const PROGRESS_EVERY_MS = 2000;

function progress(): (positions: number) => void {
  let next = performance.now() + PROGRESS_EVERY_MS;
  return (positions) => {
    if (performance.now() < next) return;
    next = performance.now() + PROGRESS_EVERY_MS;
    say(`${positions} positions so far`);
  };
}

function say(text: string): void {
  process.stderr.write(`replay: ${text}\n`);
}

// `npm run replay ... | head` closes the pipe: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

main().catch((error: unknown) => {
  say(error instanceof ReplayError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exitCode = 1;
});
