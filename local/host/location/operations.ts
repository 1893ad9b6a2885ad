import * as z from 'zod/mini';
import type { Collection, Item, StoredGeofence } from './geofences.ts';
import {
  DeleteGeofencesBody,
  DeletePositionsBody,
  ListGeofencesBody,
  PositionsBody,
  PutGeofenceBody,
  PutGeofencesBody,
} from './requests.ts';
import type { Crossed, Tracker } from './tracker.ts';

/** The one collection and the one tracker that this machine has. */
export const COLLECTION = 'beckon-places';
export const TRACKER = 'beckon-devices';

/** What a test breaks: a whole call (`ThrottlingException`…), or an item of a batch (`ThrottlingError`…). */
export type Faults = {
  call?: (operation: string) => string | undefined;
  item?: (operation: string, id: string) => string | undefined;
};

/** An answer that is an error, by the names of the service's model. */
export class LocationError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type Operation = {
  name: string;
  method: string;
  path: RegExp;
  body: z.ZodMiniType;
  /** @param id from the path */
  carryOut: (body: unknown, id: string) => { answer: object; items: number };
};

type World = {
  collection: Collection;
  tracker: Tracker;
  faults: Faults;
  now: () => number;
  tell: (crossed: Crossed) => void;
};

const geofencesPath = (rest: string): RegExp => new RegExp(`^/geofencing/v0/collections/${COLLECTION}/${rest}$`);
const trackerPath = (rest: string): RegExp => new RegExp(`^/tracking/v0/trackers/${TRACKER}/${rest}$`);

export const operationsOf = (world: World): Operation[] => [
  batchPut(world),
  putOne(world),
  batchDelete(world),
  getOne(world),
  list(world),
  updatePositions(world),
  deletePositions(world),
];

function operation<S extends z.ZodMiniType>(
  { name, method, path, body }: { name: string; method: string; path: RegExp; body: S },
  carryOut: (body: z.infer<S>, id: string) => { answer: object; items?: number },
): Operation {
  // The server has parsed the body by this very schema.
  return { name, method, path, body, carryOut: (parsed, id) => ({ items: 1, ...carryOut(parsed as z.infer<S>, id) }) };
}

/** The items of a batch that failed, by what a test wants or by what came of them. */
function failuresOf<T>(
  { faults }: World,
  name: string,
  items: readonly T[],
  { idOf, act }: { idOf: (item: T) => string; act: (item: T) => Item | undefined },
): { item: T; error: Item }[] {
  return items.flatMap((item) => {
    const code = faults.item?.(name, idOf(item));
    const error = code === undefined ? act(item) : { Code: code, Message: 'as the test wants it' };
    return error ? [{ item, error }] : [];
  });
}

function batchPut(world: World): Operation {
  const name = 'BatchPutGeofence';
  const path = geofencesPath('put-geofences');
  return operation({ name, method: 'POST', path, body: PutGeofencesBody }, ({ Entries }) => {
    const idOf = ({ GeofenceId }: (typeof Entries)[number]) => GeofenceId;
    const failures = failuresOf(world, name, Entries, { idOf, act: world.collection.put });
    const failed = new Set(failures.map(({ item }) => item));
    const at = new Date(world.now()).toISOString();
    const Successes = Entries.filter((entry) => !failed.has(entry)).map(({ GeofenceId }) => ({
      GeofenceId,
      CreateTime: at,
      UpdateTime: at,
    }));
    const Errors = failures.map(({ item, error }) => ({ GeofenceId: item.GeofenceId, Error: error }));
    return { answer: { Successes, Errors }, items: Entries.length };
  });
}

function putOne({ collection, now }: World): Operation {
  const path = geofencesPath('geofences/([^/]+)');
  return operation({ name: 'PutGeofence', method: 'PUT', path, body: PutGeofenceBody }, (body, GeofenceId) => {
    const wrong = collection.put({ ...body, GeofenceId });
    if (wrong) throw new LocationError('ValidationException', wrong.Message);
    const at = new Date(now()).toISOString();
    return { answer: { GeofenceId, CreateTime: at, UpdateTime: at } };
  });
}

function batchDelete(world: World): Operation {
  const name = 'BatchDeleteGeofence';
  const path = geofencesPath('delete-geofences');
  return operation({ name, method: 'POST', path, body: DeleteGeofencesBody }, ({ GeofenceIds }) => {
    const failures = failuresOf(world, name, GeofenceIds, { idOf: String, act: world.collection.remove });
    const Errors = failures.map(({ item, error }) => ({ GeofenceId: item, Error: error }));
    return { answer: { Errors }, items: GeofenceIds.length };
  });
}

function getOne(world: World): Operation {
  const path = geofencesPath('geofences/([^/]+)');
  return operation({ name: 'GetGeofence', method: 'GET', path, body: z.undefined() }, (_, id) => {
    const geofence = world.collection.all.get(id);
    if (!geofence) throw new LocationError('ResourceNotFoundException', 'there is no such geofence');
    return { answer: viewOf(world, geofence) };
  });
}

function list(world: World): Operation {
  const path = geofencesPath('list-geofences');
  return operation(
    { name: 'ListGeofences', method: 'POST', path, body: ListGeofencesBody },
    ({ NextToken, MaxResults = 100 }) => {
      const ids = [...world.collection.all.keys()].sort().filter((id) => NextToken === undefined || id > NextToken);
      const page = ids.slice(0, MaxResults);
      const Entries = page.flatMap((id) => world.collection.all.get(id) ?? []).map((one) => viewOf(world, one));
      return { answer: { Entries, ...(ids.length > page.length && { NextToken: page.at(-1) }) } };
    },
  );
}

const viewOf = ({ collection }: World, geofence: StoredGeofence) => ({
  GeofenceId: geofence.GeofenceId,
  Geometry: geofence.Geometry,
  ...(geofence.GeofenceProperties && { GeofenceProperties: geofence.GeofenceProperties }),
  Status: collection.statusOf(geofence),
  CreateTime: new Date(geofence.createdAt).toISOString(),
  UpdateTime: new Date(geofence.updatedAt).toISOString(),
});

function updatePositions(world: World): Operation {
  const name = 'BatchUpdateDevicePosition';
  return operation({ name, method: 'POST', path: trackerPath('positions'), body: PositionsBody }, ({ Updates }) => {
    const failures = failuresOf(world, name, Updates, {
      idOf: ({ DeviceId }) => DeviceId,
      act: (update) => {
        for (const crossed of world.tracker.update(update)) world.tell(crossed);
        return undefined;
      },
    });
    const Errors = failures.map(({ item: { DeviceId, SampleTime }, error }) => ({
      DeviceId,
      SampleTime,
      Error: error,
    }));
    return { answer: { Errors }, items: Updates.length };
  });
}

function deletePositions(world: World): Operation {
  const name = 'BatchDeleteDevicePositionHistory';
  const path = trackerPath('delete-positions');
  return operation({ name, method: 'POST', path, body: DeletePositionsBody }, ({ DeviceIds }) => {
    const failures = failuresOf(world, name, DeviceIds, { idOf: String, act: world.tracker.forget });
    const Errors = failures.map(({ item, error }) => ({ DeviceId: item, Error: error }));
    return { answer: { Errors }, items: DeviceIds.length };
  });
}
