import { z } from 'zod';
import { lwm2mPath } from '../http/lwm2m-path.ts';
import { endpointName } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { notificationAttributes } from '../policies/policy-body.ts';
import { valueTypes } from '../values/value-columns.ts';

const text = z.string().refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'expected text without control characters'); // prettier-ignore

const contentFormat = z.int().min(0).max(65_535).optional().meta({ description: 'The number of a Content-Format; default: the best one that the device knows' }); // prettier-ignore
const accept = z.int().min(0).max(65_535).optional().meta({ description: 'The Content-Format to answer in; default: the best one that the device knows' }); // prettier-ignore
const paths = z.array(lwm2mPath(1)).min(1).max(limits.operationPaths);

const jsonValue = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ id: 'JsonValue', description: 'INTEGER, UNSIGNED_INTEGER and TIME (seconds since 1970): a number, or digits in a string beyond 2^53. FLOAT: a number, "NaN", "Infinity" or "-Infinity". OPAQUE: base64. OBJLNK: "66:0"' }); // prettier-ignore
const type = z
  .enum(Object.values(valueTypes) as [(typeof valueTypes)['string']])
  .optional()
  .meta({
    description: 'Default: that of the Object definition, or what the JSON has for a Resource that is not known',
  });
/** A record of so many keys at most: they are counted before each that is wrong is told of. */
const boundedRecord = <Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  key: Key,
  value: Value,
  keys: number,
) =>
  z.preprocess(
    (json, context) => {
      if (typeof json !== 'object' || json === null || Object.keys(json).length <= keys) return json;
      context.addIssue({ code: 'custom', message: `expected at most ${String(keys)} of them` });
      return z.NEVER;
    },
    z.record(key, value),
  );
const instanceId = z.string().regex(/^(0|[1-9]\d{0,4})$/, 'expected the id of a Resource Instance');
/** What Leshan's REST interface has; it is read with the definition of the Object. */
const node = z
  .record(z.string(), z.unknown())
  .meta({ id: 'Node', description: 'A node as the REST interface of Leshan has it: `{"kind":"instance","id":0,"resources":[…]}`' }); // prettier-ignore

const number = z.number().nullable().optional();
const attributeChanges = z
  .strictObject({
    pmin: number,
    pmax: number,
    epmin: number,
    epmax: number,
    gt: number,
    lt: number,
    st: number,
    edge: number,
    con: number,
    hqmax: number,
  }) // prettier-ignore
  .meta({ id: 'AttributeChanges', description: 'Sets what has a value, and unsets what is null' });

const argument = z.strictObject({ digit: z.int().min(0).max(9), value: z.string().max(limits.executeArgumentLength).optional() }); // prettier-ignore

/** What every operation can be told. */
const options = {
  ttl: z.int().min(1).max(limits.operationTtlSeconds).optional().meta({ description: 'Seconds after which it is given up when it is not confirmed; default: never' }), // prettier-ignore
  maxAttempts: z.int().min(1).max(100).optional().meta({ description: 'How often it is sent at most; default 3' }),
  repeatable: z.boolean().optional().meta({ description: 'Whether an Execute or Create may be sent again when nobody knows whether it was performed; default false: it is FAILED then (`outcome-unknown`)' }), // prettier-ignore
  key: text.min(1).max(255).optional().meta({ description: 'Takes the place of what is QUEUED for the endpoint with the same key' }), // prettier-ignore
};

const single = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject({ kind: z.literal(kind), ...shape, ...options });

const oneOf = (fields: readonly string[]) => (body: Readonly<Record<string, unknown>>) =>
  fields.filter((field) => body[field] !== undefined).length === 1;

const write = single('write', {
  path: lwm2mPath(2),
  mode: z.enum(['replace', 'update']).default('replace').meta({ description: '`update` leaves what is not mentioned' }),
  value: jsonValue.optional().meta({ description: 'Of one Resource or Resource Instance' }),
  values: boundedRecord(instanceId, jsonValue, limits.operationValues).optional().meta({ description: 'Of a multiple Resource, by the ids of its instances' }), // prettier-ignore
  type,
  node: node.optional(),
  contentFormat,
}).refine(oneOf(['value', 'values', 'node']), { error: 'expected one of value, values and node', path: ['value'] });

const writeComposite = single('writeComposite', {
  values: boundedRecord(lwm2mPath(3), jsonValue.nullable(), limits.operationValues).optional().meta({ description: 'By the paths of Resources or their instances; null removes an instance' }), // prettier-ignore
  nodes: boundedRecord(lwm2mPath(1), node, limits.operationValues).optional().meta({ description: 'By their paths' }),
  contentFormat,
}).refine(oneOf(['values', 'nodes']), { error: 'expected one of values and nodes', path: ['values'] });

const cancelObservation = single('cancelObservation', {
  path: lwm2mPath(1).optional(),
  paths: paths.optional().meta({ description: 'In place of `path`: the composite observation of exactly these' }),
}).refine(oneOf(['path', 'paths']), { error: 'expected one of path and paths', path: ['path'] });

/** What is asked of one endpoint. */
export const operationBody = z
  .discriminatedUnion('kind', [
    single('read', { path: lwm2mPath(1), accept }),
    write,
    single('execute', { path: lwm2mPath(3), arguments: z.union([z.string().max(limits.executeArgumentLength), z.array(argument).max(10)]).optional().meta({ description: "As text, `0='x',1`, or one by one" }) }), // prettier-ignore
    single('create', { path: lwm2mPath(1), node, contentFormat }),
    single('delete', { path: lwm2mPath(2) }),
    single('discover', { path: lwm2mPath(1), depth: z.literal([0, 1, 2, 3]).optional().meta({ description: 'Levels below the path; LwM2M 1.2' }) }), // prettier-ignore
    single('writeAttributes', { path: lwm2mPath(1), attributes: attributeChanges }),
    single('observe', { path: lwm2mPath(1), attributes: notificationAttributes.optional(), accept }),
    cancelObservation,
    single('readComposite', { paths, contentFormat, accept }),
    writeComposite,
    single('observeComposite', { paths, attributes: notificationAttributes.optional(), contentFormat, accept }),
  ])
  .meta({ id: 'OperationBody' });
export type OperationBody = z.output<typeof operationBody>;

/** Which endpoints a bulk is for: those that all that is said is true of. */
export const endpointSelection = z
  .strictObject({
    names: z.array(endpointName).min(1).max(limits.bulkNames).optional(),
    prefix: endpointName.optional().meta({ description: 'What their names begin with' }),
    registered: z.boolean().optional(),
    object: z.int().min(0).max(65_535).optional().meta({ description: 'The id of an Object that they registered' }),
    all: z.literal(true).optional().meta({ description: 'All that are known, where nothing else is said' }),
  })
  .refine(
    (selection) => Object.values(selection).some((value) => value !== undefined),
    'expected what the endpoints have in common, or all: true',
  ) // prettier-ignore
  .meta({ id: 'EndpointSelection' });
export type EndpointSelection = z.output<typeof endpointSelection>;

/** What is asked of many endpoints. */
export const bulkBody = z
  .strictObject({ endpoints: endpointSelection, operation: operationBody })
  .meta({ id: 'BulkOperationBody' });
