import type { ObjectRegistry } from '@flownexus/lwm2m-core';
import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { limits } from '../limits.ts';
import type { ObservationPolicies, StoredPolicy } from './observation-policies.ts';
import { type PolicyBody, policyBody, policyProblems } from './policy-body.ts';

const TAG = 'Observation policies';
const COLLECTION = '/api/v1/observation-policies';
const ITEM = `${COLLECTION}/{id}`;

const params = z.object({ id: z.coerce.number().pipe(z.int().min(1)) });
const policyItem = z
  .object({ id: z.int(), ...policyBody.shape, createdAt: z.iso.datetime() })
  .meta({ id: 'ObservationPolicy' });
const policyList = z.object({ items: z.array(policyItem), nextCursor: z.null() }).meta({ id: 'ObservationPolicyList' });

export interface PolicyRoutesOptions {
  readonly policies: ObservationPolicies;
  readonly objects: ObjectRegistry;
}

/** `/api/v1/observation-policies`: what the server observes by itself. A change is in force at all endpoints at once. */
export function policyRoutes({ policies, objects }: PolicyRoutesOptions): Route[] {
  const check = (body: PolicyBody): void => {
    const issues = policyProblems(body, objects);
    const [first] = issues;
    if (first !== undefined) throw new ApiError(400, 'bad-body', `${first.path} ${first.message}`, issues);
  };
  return [
    route({
      method: 'get',
      path: COLLECTION,
      operationId: 'listObservationPolicies',
      summary: 'What is observed on which endpoints',
      tag: TAG,
      access: 'read',
      answers: { 200: { description: 'All, in the order in which they were made', schema: policyList } },
      handle: () => ({ body: { items: policies.list().map(toItem), nextCursor: null } }),
    }),
    route({
      method: 'post',
      path: COLLECTION,
      operationId: 'createObservationPolicy',
      summary: 'Observes something on endpoints, also on those that register later',
      tag: TAG,
      access: 'operate',
      body: policyBody,
      bodyLimit: limits.policyBytes,
      answers: {
        201: { description: 'It is in force', schema: policyItem },
        409: { description: 'There are as many policies as may be' },
      },
      handle: async ({ body }) => {
        check(body);
        const stored = await policies.create(body);
        if (stored === undefined) {
          throw new ApiError(409, 'quota-exceeded', `there are ${String(limits.observationPolicies)} policies already`);
        }
        return { status: 201, headers: { Location: `${COLLECTION}/${String(stored.id)}` }, body: toItem(stored), audit: audited(stored) }; // prettier-ignore
      },
    }),
    route({
      method: 'get',
      path: ITEM,
      operationId: 'getObservationPolicy',
      summary: 'One observation policy',
      tag: TAG,
      access: 'read',
      params,
      answers: { 200: { description: 'It', schema: policyItem }, 404: { description: 'There is none' } },
      handle: ({ params: { id } }) => ({ body: toItem(found(id, policies.get(id))) }),
    }),
    route({
      method: 'put',
      path: ITEM,
      operationId: 'replaceObservationPolicy',
      summary: 'Changes what is observed',
      tag: TAG,
      access: 'operate',
      params,
      body: policyBody,
      bodyLimit: limits.policyBytes,
      answers: { 200: { description: 'It is in force', schema: policyItem }, 404: { description: 'There is none' } },
      handle: async ({ params: { id }, body }) => {
        check(body);
        const stored = found(id, await policies.replace(id, body));
        return { body: toItem(stored), audit: audited(stored) };
      },
    }),
    route({
      method: 'delete',
      path: ITEM,
      operationId: 'deleteObservationPolicy',
      summary: 'Ends the observations of a policy at the devices',
      tag: TAG,
      access: 'operate',
      params,
      answers: { 204: { description: 'It is gone' }, 404: { description: 'There is none' } },
      handle: async ({ params: { id } }) => {
        if (!(await policies.delete(id))) throw unknown(id);
        return { status: 204 };
      },
    }),
  ];
}

function toItem({ id, policy, createdAt }: StoredPolicy): z.input<typeof policyItem> {
  return { id, ...policy, createdAt: new Date(createdAt).toISOString() };
}

function audited({ id, policy: { path, paths, enabled } }: StoredPolicy): Record<string, unknown> {
  return { id, enabled, path: path ?? paths?.join(' ') };
}

function found(id: number, stored: StoredPolicy | undefined): StoredPolicy {
  if (stored === undefined) throw unknown(id);
  return stored;
}

function unknown(id: number): ApiError {
  return new ApiError(404, 'not-found', `there is no observation policy ${String(id)}`);
}
