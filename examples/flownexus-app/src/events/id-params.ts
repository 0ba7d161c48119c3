import { z } from 'zod';

/** A number that a row is found by, in a path or as the cursor of a list. */
export const rowId = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a number')
  .transform(Number)
  .meta({ override: { type: 'integer' } });

/** `{id}` of a path. */
export const idParams = z.object({ id: rowId });
