/**
 * What the player keeps on this computer, in IndexedDB: `kept` has single values by name, `plays` the rows of its log.
 * Promises settle when a transaction has been committed, not before.
 */
export type Storage = {
  get: <T>(name: string) => Promise<T | undefined>;
  put: (name: string, value: unknown) => Promise<void>;
  remove: (name: string) => Promise<void>;
  names: () => Promise<string[]>;
  /** Both stores in one transaction. `strict`: on the disk, so that a power cut takes nothing back. */
  write: (change: (kept: IDBObjectStore, plays: IDBObjectStore) => void, strict?: 'strict') => Promise<void>;
  /** Plays in the order of their keys. */
  plays: <T>(range?: IDBKeyRange, limit?: number) => Promise<T[]>;
  countPlays: () => Promise<number>;
};

const [KEPT, PLAYS] = ['kept', 'plays'] as const;

export async function openStorage(): Promise<Storage> {
  const opening = indexedDB.open('beckon-screen', 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(KEPT);
    opening.result.createObjectStore(PLAYS, { keyPath: ['screenId', 'logId', 'sequence'] });
  };
  const database = await result(opening);
  const read = (store: string) => database.transaction(store).objectStore(store);
  const write: Storage['write'] = (change, strict) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction([KEPT, PLAYS], 'readwrite', { durability: strict ?? 'relaxed' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore(KEPT), transaction.objectStore(PLAYS));
    });
  return {
    get: (name) => result(read(KEPT).get(name)),
    put: (name, value) => write((kept) => kept.put(value, name)),
    remove: (name) => write((kept) => kept.delete(name)),
    names: async () => (await result(read(KEPT).getAllKeys())).map(String),
    write,
    plays: (range, limit) => result(read(PLAYS).getAll(range, limit)),
    countPlays: () => result(read(PLAYS).count()),
  };
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
