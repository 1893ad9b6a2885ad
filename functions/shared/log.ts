/**
 * One log entry per event, of these fields only: what is not listed cannot leak. No coordinates, addresses, names or
 * codes; ids are pseudonyms. Level ERROR means that a person must act.
 */
export type LogFields = {
  function?: string;
  operation?: string;
  status?: number;
  brand?: string;
  signalId?: string;
  messageId?: string;
  reason?: string;
  count?: number;
  error?: string;
};

export function log(level: 'INFO' | 'WARN' | 'ERROR', message: string, fields: LogFields = {}): void {
  if (level === 'INFO' && process.env.LOG_LEVEL !== 'info') return;
  // An object: Lambda's JSON logging takes its fields, and the level from the method.
  const entry = { message, ...fields };
  if (level === 'INFO') console.info(entry);
  else if (level === 'WARN') console.warn(entry);
  else console.error(entry);
}

/** What an error says of itself, without the values that SDK messages may quote. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
