/** The value of an environment variable that deployment must have set. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Runs once per process, on first use: a Lambda environment opens its clients once and keeps them. */
export function once<T>(open: () => T): () => T {
  let value: { opened: T } | undefined;
  return () => {
    value ??= { opened: open() };
    return value.opened;
  };
}
