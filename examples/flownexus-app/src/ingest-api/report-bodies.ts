import { endpointNameProblem } from '@flownexus/lwm2m-server';
import { z } from 'zod';

const id = z.union(
  [
    z.int().min(0).max(65_535),
    z
      .string()
      .regex(/^\d{1,5}$/)
      .refine((text) => Number(text) <= 65_535),
  ],
  {
    error: 'expected an id of 0 to 65535',
  },
);

const endpoint = z
  .string()
  .superRefine((name, context) => {
    const problem = endpointNameProblem(name);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ description: 'The endpoint name, of 1 to 255 bytes' });

const NODE =
  'A node of the REST interface of Leshan: `kind` is `obj`, `instance`, `singleResource`, `multiResource` or `resourceInstance`. Values of INTEGER and FLOAT ' +
  'may be text, TIME is in milliseconds since 1970, OPAQUE hex digits.';

/** The body of `POST /leshan_api/resource/single`: one Resource of Object Instance 0. */
export const singleBody = z
  .object({
    ep: endpoint,
    obj_id: z.int().min(0).max(65_535),
    val: z.looseObject({ kind: z.enum(['singleResource', 'multiResource']), id }).meta({ description: NODE }),
  })
  .meta({
    id: 'SingleReport',
    examples: [
      {
        ep: 'qemu_x86',
        obj_id: 3303,
        val: { kind: 'singleResource', id: 5700, type: 'FLOAT', value: '24.899181214836236' },
      },
    ],
  });
export type SingleBody = z.infer<typeof singleBody>;

/** The body of `POST /leshan_api/resource/composite`: one Object, or nodes by their paths. */
export const compositeBody = z
  .object({
    ep: endpoint,
    val: z.record(z.string(), z.unknown()).meta({
      description: `One Object (\`kind\` is \`obj\`), all of them (\`root\`), or nodes by their paths, null for what the device does not have. ${NODE}`,
    }),
  })
  .meta({
    id: 'CompositeReport',
    examples: [
      {
        ep: 'qemu_x86',
        val: {
          '/3': {
            kind: 'obj',
            id: 3,
            instances: [
              {
                kind: 'instance',
                id: 0,
                resources: [
                  { kind: 'singleResource', id: 0, type: 'STRING', value: 'Zephyr' },
                  { kind: 'multiResource', id: 6, type: 'INTEGER', values: { '0': '1', '1': '5' } },
                ],
              },
            ],
          },
        },
      },
    ],
  });
export type CompositeBody = z.infer<typeof compositeBody>;
