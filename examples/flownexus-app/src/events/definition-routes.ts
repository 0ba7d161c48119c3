import type { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { listOf } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { eventDefinitionItemSchema, eventDefinitionSchema } from './event-definition.ts';
import type { EventEngine } from './event-engine.ts';
import { isoTime } from '../values/resource-item.ts';
import { eventRuleItemSchema, eventRuleSchema } from './event-rule.ts';
import { idParams } from './id-params.ts';
import type { Named, NamedDefinitions } from './named-definitions.ts';

/** `/api/v1/event-definitions` and `/api/v1/event-rules`. */
export function definitionRoutes({ definitions, rules }: Pick<EventEngine, 'definitions' | 'rules'>): Route[] {
  return [
    ...crudRoutes({ at: '/api/v1/event-definitions', one: 'EventDefinition', list: 'EventDefinitions', what: 'an event definition', schema: eventDefinitionSchema, stored: eventDefinitionItemSchema, store: definitions, others: rules }), // prettier-ignore
    ...crudRoutes({ at: '/api/v1/event-rules', one: 'EventRule', list: 'EventRules', what: 'an event rule', schema: eventRuleSchema, stored: eventRuleItemSchema, store: rules, others: definitions }), // prettier-ignore
  ];
}

interface Crud<B extends { readonly name: string }> {
  readonly at: string;
  /** For operationIds and the names of schemas: `EventRule`, `EventRules`. */
  readonly one: string;
  readonly list: string;
  readonly what: string;
  readonly schema: z.ZodType<B>;
  /** Of the answers. */
  readonly stored: z.ZodType;
  readonly store: NamedDefinitions<B>;
  /** Whose names are the types of events too. */
  readonly others: { hasName(name: string): boolean };
}

function crudRoutes<B extends { readonly name: string }>({
  at,
  one,
  list,
  what,
  schema,
  stored,
  store,
  others,
}: Crud<B>): Route[] {
  // prettier-ignore
  const item = ({ id, createdAt, body }: Named<B>) => ({ ...body, id, createdAt: isoTime(createdAt) });
  const free = ({ name }: B): void => {
    if (others.hasName(name)) throw new ApiError(409, 'conflict', `the name ${JSON.stringify(name)} is taken`);
  };
  const tag = 'Event rules';
  const missing = { 404: { description: 'There is none of that id' } };
  const taken = { 409: { description: 'The name is taken, or there are as many as there may be' } };
  return [
    route({
      method: 'get',
      path: at,
      operationId: `list${list}`,
      summary: 'All of them, in the order in which they were made',
      tag,
      access: 'read',
      answers: { 200: { description: 'All', schema: listOf(stored, `${one}List`) } },
      handle: () => ({ body: { items: store.list().map(item), nextCursor: null } }),
    }),
    route({
      method: 'post',
      path: at,
      operationId: `create${one}`,
      summary: `Makes ${what}`,
      tag,
      access: 'administer',
      body: schema,
      bodyLimit: limits.filterBodyBytes,
      answers: { 201: { description: 'Made; it holds from now on', schema: stored }, ...taken },
      handle: async ({ body }) => {
        free(body);
        const made = await store.create(body, Date.now());
        return { status: 201, body: item(made), audit: { id: made.id, name: body.name } };
      },
    }),
    route({
      method: 'get',
      path: `${at}/{id}`,
      operationId: `get${one}`,
      summary: `Shows ${what}`,
      tag,
      access: 'read',
      params: idParams,
      answers: { 200: { description: 'It', schema: stored }, ...missing },
      handle: ({ params }) => ({ body: item(store.get(params.id)) }),
    }),
    route({
      method: 'put',
      path: `${at}/{id}`,
      operationId: `replace${one}`,
      summary: `Replaces ${what}`,
      description: 'A rule begins anew: it has no state of any endpoint yet.',
      tag,
      access: 'administer',
      params: idParams,
      body: schema,
      bodyLimit: limits.filterBodyBytes,
      answers: { 200: { description: 'As it is now', schema: stored }, ...missing, ...taken },
      handle: async ({ params, body }) => {
        free(body);
        return { body: item(await store.replace(params.id, body)), audit: { name: body.name } };
      },
    }),
    route({
      method: 'delete',
      path: `${at}/{id}`,
      operationId: `delete${one}`,
      summary: `Deletes ${what}; its events stay`,
      tag,
      access: 'administer',
      params: idParams,
      answers: { 204: { description: 'Deleted' }, ...missing },
      handle: async ({ params }) => {
        const { body } = store.get(params.id);
        await store.delete(params.id);
        return { status: 204, audit: { name: body.name } };
      },
    }),
  ];
}
