import { httpFunction } from '../shared/http.ts';
import { postPositions } from './positions.ts';
import { postSignals } from './signals.ts';

/** Positions and signals come in: verified, put on a queue, answered. */
export const handler = httpFunction('ingest', { postPositions, postSignals });
