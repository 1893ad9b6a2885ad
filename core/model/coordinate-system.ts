import * as z from 'zod/mini';

/** What coordinates at a door may be in; WGS-84 where it is not said, and always what is stored. */
export const CoordinateSystemSchema = z.enum(['wgs84', 'gcj02', 'bd09']);
export type CoordinateSystem = z.infer<typeof CoordinateSystemSchema>;
