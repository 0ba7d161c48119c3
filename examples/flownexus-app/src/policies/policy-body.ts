import { checkAttributes, formatAttributes, type ObjectRegistry, parsePath } from '@flownexus/lwm2m-core';
import type { ObservationPolicy } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { registrableName } from '../lwm2m/registrable-name.ts';

const PATH = /^\/(0|[1-9]\d{0,4})(\/((0|[1-9]\d{0,4})|\*)(\/(0|[1-9]\d{0,4})){0,2})?$/;

const path = z
  .string()
  .max(limits.pathLength)
  .regex(PATH, { error: 'a path such as /3303/0/5700, with * for every Object Instance' })
  .refine((text) => text.split('/').every((id) => id === '' || id === '*' || Number(id) <= 65_535), {
    error: 'an id is 65535 at most',
  });
const seconds = z.int().min(0).max(0xffff_ffff);
const flag = z.literal([0, 1]);

/** What an observation can be asked with. */
export const notificationAttributes = z
  .strictObject({
    pmin: seconds.optional().meta({ description: 'Seconds between two notifications at least' }),
    pmax: seconds.optional().meta({ description: 'Seconds between two notifications at most' }),
    epmin: seconds.optional().meta({ description: 'Seconds between two evaluations of the value at least' }),
    epmax: seconds.optional().meta({ description: 'Seconds between two evaluations of the value at most' }),
    gt: z.number().optional().meta({ description: 'A value that crosses this one is notified' }),
    lt: z.number().optional().meta({ description: 'A value that crosses this one is notified' }),
    st: z.number().min(0).optional().meta({ description: 'Notified is a value that differs by this much from the last one' }),
    edge: flag.optional().meta({ description: 'Notified is a change to false (0) or to true (1)' }),
    con: flag.optional().meta({ description: 'Notifications are Confirmable (1) or not (0)' }),
    hqmax: z.int().min(0).max(0xffff_ffff).optional().meta({ description: 'Notifications that the device keeps while it can not send them' }),
  })
  .meta({ id: 'NotificationAttributes' }); // prettier-ignore

const endpoints = z.union([
  z.strictObject({ names: z.array(registrableName).min(1).max(limits.endpointsOfPolicy) }),
  z.strictObject({ prefix: z.string().min(1).max(limits.endpointNameLength).refine((text) => text.isWellFormed()) }),
]); // prettier-ignore

/** What is to be observed on which endpoints. */
export const policyBody = z
  .strictObject({
    path: path.optional().meta({ description: 'One path; an asterisk stands for every Object Instance that the endpoint has' }),
    paths: z.array(path).min(1).max(limits.pathsOfPolicy).optional().meta({ description: 'In place of `path`: one composite observation' }),
    attributes: notificationAttributes.optional(),
    endpoints: endpoints.optional().meta({ description: 'Those with one of the names, or whose name begins with the prefix. Default: all' }),
    enabled: z.boolean().default(true),
  })
  .refine((body) => (body.path === undefined) !== (body.paths === undefined), { error: 'one of path and paths', path: ['path'] })
  .meta({ id: 'ObservationPolicyBody' }); // prettier-ignore
export type PolicyBody = z.output<typeof policyBody>;

export interface PolicyProblem {
  readonly path: string;
  readonly message: string;
}

/** What devices would object to in a policy: attributes that do not go with its path or with each other. */
export function policyProblems(body: PolicyBody, objects: ObjectRegistry): PolicyProblem[] {
  if (body.attributes === undefined) return [];
  const at = parsePath(body.path?.replace('*', '0') ?? '/');
  const { objectId, resourceId } = at;
  const definition = objectId === undefined || resourceId === undefined ? undefined : objects.resource(objectId, resourceId); // prettier-ignore
  return checkAttributes(body.attributes, at, definition).map(({ attribute, message }) => ({
    path: `body.attributes.${attribute}`,
    message,
  }));
}

/** The policies of the LwM2M server for one that is enabled, those for single endpoints first. */
export function toServerPolicies({ path, paths, attributes, endpoints, enabled }: PolicyBody): ObservationPolicy[] {
  if (!enabled) return [];
  const wanted = {
    ...(path === undefined ? {} : { path }),
    ...(paths === undefined ? {} : { paths }),
    ...(attributes === undefined || formatAttributes(attributes).length === 0 ? {} : { attributes }),
  };
  if (endpoints === undefined) return [wanted];
  if ('names' in endpoints) return [...new Set(endpoints.names)].map((name) => ({ ...wanted, endpoints: name }));
  const { prefix } = endpoints;
  return [{ ...wanted, endpoints: (registration) => registration.endpointName.startsWith(prefix) }];
}
