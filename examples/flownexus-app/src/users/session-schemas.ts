import { z } from 'zod';
import { permissions, roles } from '../http/principal.ts';
import { isoTimestamp } from '../http/schemas.ts';

/** Who a request is made by: `GET /api/v1/session`. */
export const sessionInfoSchema = z
  .object({
    user: z.string().nullable().meta({ description: 'The name of the user; null for the token of the environment' }),
    role: z.enum(roles).nullable(),
    permissions: z.array(z.enum(permissions)).readonly().meta({ description: 'What this session or token may do' }),
    via: z.enum(['session', 'token']),
    secondFactor: z.boolean().meta({ description: 'Whether the user has set up codes' }),
  })
  .meta({ id: 'Session' });
export type SessionInfo = z.infer<typeof sessionInfoSchema>;

/** Where a user is signed in: `GET /api/v1/sessions`. */
export const sessionItemSchema = z
  .object({
    id: z.string(),
    current: z.boolean().meta({ description: 'The session of this request' }),
    createdAt: isoTimestamp,
    expiresAt: isoTimestamp,
    address: z.string().nullable().meta({ description: 'Where the user signed in from' }),
    userAgent: z.string().nullable().meta({ description: 'What the browser said that it is' }),
  })
  .meta({ id: 'SessionItem' });
export type SessionItem = z.infer<typeof sessionItemSchema>;
