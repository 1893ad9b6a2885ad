import * as z from 'zod/mini';
import { IdSchema } from '#core/model/common.ts';
import { DeviceFixesSchema } from '../locate/message.ts';

/** That nobody may know any more where a device was: its person was erased. In the order of its positions. */
const ForgottenDeviceSchema = z.strictObject({ brand: IdSchema, deviceId: z.string(), forget: z.literal(true) });
export type ForgottenDevice = z.infer<typeof ForgottenDeviceSchema>;

/** What the queue of positions carries where Amazon Location is the locator. */
export const TrackedSchema = z.union([DeviceFixesSchema, ForgottenDeviceSchema]);
export type Tracked = z.infer<typeof TrackedSchema>;
