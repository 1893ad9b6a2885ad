import type * as z from 'zod/mini';
import type { Runtime } from '../shared/runtime.ts';
import { queueFunction } from '../shared/worker.ts';
import { dwell } from './dwell.ts';
import { findInside } from './launch.ts';
import { VisitsMessageSchema } from './message.ts';
import { opening } from './opening.ts';

/** What becomes of visits without another fix: dwells that fall due, and what
 * begins around who is inside, a campaign or the day. */
export const handler = queueFunction('visits', VisitsMessageSchema, handleVisits);

export async function handleVisits(message: z.infer<typeof VisitsMessageSchema>, runtime: Runtime): Promise<void> {
  if (message.what === 'dwell') await dwell(message, runtime);
  else if (message.what === 'opening') await opening(message, runtime);
  else await findInside(message, runtime);
}
