import { z } from 'zod';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp, listOf, pageLimit, queryTime, storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import type { Users } from './users.ts';

const entrySchema = z
  .object({
    id: z.int(),
    time: isoTimestamp,
    actor: z.string().meta({ description: 'A user, a token with its user, or the name that somebody tried' }),
    address: z.string().nullable(),
    action: z.string().meta({ description: 'The operationId of the route; `signIn.refused` for a refused sign-in' }),
    target: z.string().nullable().meta({ description: 'What it was done to: the parameters of the path' }),
    detail: z.unknown().meta({ description: 'More, without secrets' }),
  })
  .meta({ id: 'AuditEntry' });

/** The audit log, for administrators. */
export function auditRoutes({ auditLog }: Users): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/audit',
      operationId: 'listAudit',
      summary: 'Who did what when, the newest first',
      tag: 'Audit log',
      access: 'administer',
      query: z.strictObject({
        actor: storableText.max(limits.auditTargetCharacters).optional(),
        action: storableText.max(100).optional(),
        from: queryTime.optional(),
        to: queryTime.optional(),
        cursor: z
          .string()
          .regex(/^\d{1,15}$/)
          .transform(Number)
          .optional()
          .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } }),
        limit: pageLimit,
      }),
      answers: { 200: { description: 'A page', schema: listOf(entrySchema, 'AuditList') } },
      handle: async ({ query: { actor, action, from, to, cursor: before, limit } }) => {
        const found = await auditLog.list({ before, actor, action, from, to, limit: limit + 1 });
        const items = found.slice(0, limit).map((entry) => ({ ...entry, time: new Date(entry.time).toISOString() }));
        const nextCursor = found.length > limit ? String(items.at(-1)?.id) : null;
        const rows = items.map(({ id, time, actor, address, action, target, detail }) => [
          id,
          time,
          actor,
          address,
          action,
          target,
          detail === null ? null : JSON.stringify(detail),
        ]);
        const columns = ['id', 'time', 'actor', 'address', 'action', 'target', 'detail'];
        return { body: { items, nextCursor }, csv: { columns, rows } };
      },
    }),
  ];
}
