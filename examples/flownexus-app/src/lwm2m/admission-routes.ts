import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { endpointName, endpointParams, isoTimestamp, listOf, pageCursor, pageLimit } from '../http/schemas.ts';
import type { Admission, NotAdmitted } from './admission.ts';

const TAG = 'Admission';

const admissionItem = z
  .object({
    endpoint: endpointName,
    admission: z.enum(['held', 'refused']),
    address: z.string().meta({ description: 'Where its latest request came from' }),
    firstSeen: isoTimestamp,
    lastSeen: isoTimestamp,
  })
  .meta({ id: 'NotAdmitted' });
const decision = z
  .strictObject({
    admission: z.enum(['accepted', 'held', 'refused']).meta({
      description: '`accepted` registers the next time that it asks; both others end the registration that it has',
    }),
  })
  .meta({ id: 'AdmissionDecision' });
const decided = z.object({ endpoint: endpointName, ...decision.shape }).meta({ id: 'EndpointAdmission' });

export interface AdmissionRoutesOptions {
  readonly admission: Pick<Admission, 'list' | 'decide'>;
  readonly endRegistration: (endpoint: string) => Promise<unknown>;
}

/** Which endpoints wait for approval, and what is decided about them. */
export function admissionRoutes({ admission, endRegistration }: AdmissionRoutesOptions): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/admissions',
      operationId: 'listAdmissions',
      summary: 'Endpoints that wait for approval or were refused, by name',
      tag: TAG,
      access: 'read',
      query: z.strictObject({
        limit: pageLimit,
        cursor: pageCursor.optional(),
        admission: z.enum(['held', 'refused']).optional().meta({ description: 'Default: both' }),
      }),
      answers: { 200: { description: 'A page of them', schema: listOf(admissionItem, 'AdmissionList') } },
      handle: ({ query: { limit, cursor, admission: wanted } }) => {
        const all = admission
          .list()
          .filter(({ endpoint, admission: state }) => (wanted ?? state) === state && (cursor === undefined || endpoint > cursor)); // prettier-ignore
        const page = all.slice(0, limit);
        const nextCursor = page.length < all.length ? (page.at(-1)?.endpoint ?? null) : null;
        return {
          body: { items: page.map(toItem), nextCursor },
          csv: {
            columns: ['endpoint', 'admission', 'address', 'firstSeen', 'lastSeen'],
            rows: page.map(toItem).map((item) => [item.endpoint, item.admission, item.address, item.firstSeen, item.lastSeen]), // prettier-ignore
          },
        };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/endpoints/{name}/admission',
      operationId: 'decideAdmission',
      summary: 'Accepts, holds or refuses an endpoint',
      tag: TAG,
      access: 'operate',
      params: endpointParams,
      body: decision,
      answers: {
        200: { description: 'It holds from now on', schema: decided },
        404: { description: 'No endpoint of that name is known' },
      },
      handle: async ({ params: { name }, body }) => {
        if (!(await admission.decide(name, body.admission))) {
          throw new ApiError(404, 'unknown-endpoint', `no endpoint ${JSON.stringify(name)} is known`);
        }
        if (body.admission !== 'accepted') await endRegistration(name);
        return { body: { endpoint: name, admission: body.admission }, audit: body };
      },
    }),
  ];
}

function toItem({ firstSeen, lastSeen, ...item }: NotAdmitted): z.output<typeof admissionItem> {
  return { ...item, firstSeen: new Date(firstSeen).toISOString(), lastSeen: new Date(lastSeen).toISOString() };
}
