/**
 * One JSON line per event, of these fields only: what is not listed cannot leak. No coordinates, addresses, names or
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
  const line = JSON.stringify({ level, message, ...fields });
  if (level === 'INFO') console.log(line);
  else console.error(line);
}

/** What an error says of itself, without the values that SDK messages may quote. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
