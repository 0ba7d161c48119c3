import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathOf, withPrefix, type Lwm2mNode, type ResourceType, type ResourceValue } from '@flownexus/lwm2m-core';
import {
  formatOperation,
  formatOperationResult,
  Lwm2mServerError,
  parseOperation,
  parseOperationResult,
  type Operation,
  type OperationResult,
} from '../../src/index.ts';
import { OPERATIONS, RESULTS } from '../downlink/operation-samples.ts';

const id = fc.nat(65_535);
const text = fc.string({ unit: 'binary', maxLength: 12 });
const type = fc.constantFrom<ResourceType>('string', 'integer', 'unsignedInteger', 'float', 'opaque', 'time', 'objlnk');
const value: fc.Arbitrary<ResourceValue> = fc.oneof(
  text,
  fc.double(),
  fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
  fc.boolean(),
  fc.uint8Array({ maxLength: 20 }),
  fc.record({ objectId: id, objectInstanceId: id }, { noNullPrototype: true }),
);
const plain = { noNullPrototype: true } as const;
const few = { maxLength: 3 } as const;
const oneValue = { id, type, value };
const resourceInstance = fc.record({ kind: fc.constant('resourceInstance' as const), ...oneValue }, plain);
const resource = fc.oneof(
  fc.record({ kind: fc.constant('singleResource' as const), ...oneValue }, plain),
  fc.record(
    { kind: fc.constant('multipleResource' as const), id, type, instances: fc.array(resourceInstance, few) },
    plain,
  ),
);
const instance = fc.record(
  { kind: fc.constant('objectInstance' as const), id, resources: fc.array(resource, few) },
  plain,
);
const object = fc.record({ kind: fc.constant('object' as const), id, instances: fc.array(instance, few) }, plain);
const objects = fc.array(object, few);
const root = fc.record(
  {
    kind: fc.constant('root' as const),
    objects,
    iotDevices: fc.array(fc.record({ prefix: text, objects }, plain), few),
  },
  { ...plain, requiredKeys: ['kind', 'objects'] },
);
const node: fc.Arbitrary<Lwm2mNode> = fc.oneof(root, object, instance, resource, resourceInstance);
const path = fc
  .tuple(fc.constantFrom(undefined, 'd01', 'a-b.c~'), id, id, id, fc.option(id, { nil: undefined }))
  .map(([prefix, o, i, r, ri]) => withPrefix(pathOf(o, i, r, ri), prefix));
/** Of any sign but that of a zero, which JSON does not have and which means nothing here. */
const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((seconds) => seconds + 0);
const record = fc.record({ path, type, value, time: fc.option(time, { nil: undefined }) }, plain);
const accept = fc.option(id, { nil: null });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('write' as const),
      path: text,
      mode: fc.constantFrom('replace', 'update'),
      node,
      contentFormat: id,
    },
    { ...plain, requiredKeys: ['kind', 'path', 'mode', 'node'] },
  ),
  fc.record(
    {
      kind: fc.constant('writeComposite' as const),
      changes: fc.array(fc.oneof(record, fc.record({ path, value: fc.constant(null) }, plain)), few),
      contentFormat: id,
      accept,
    },
    { ...plain, requiredKeys: ['kind', 'changes'] },
  ),
  fc.record(
    {
      kind: fc.constant('request' as const),
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'),
      path: fc.array(text, few),
      query: fc.array(text, few),
      payload: fc.uint8Array({ maxLength: 30 }),
    },
    { ...plain, requiredKeys: ['kind', 'method', 'path'] },
  ),
  fc.constantFrom(...OPERATIONS),
);
const result: fc.Arbitrary<OperationResult> = fc.oneof(
  fc.record(
    { responseCode: text, contentFormat: id, node, records: fc.array(record, few), createdPath: text },
    { ...plain, requiredKeys: ['responseCode'] },
  ),
  fc.constantFrom(...RESULTS),
);

test('an operation is the same again when its text is read', () => {
  fc.assert(
    fc.property(operation, (one) => {
      expect(parseOperation(formatOperation(one))).toEqual(one);
    }),
    { numRuns: 1000 },
  );
});

test('a result is the same again when its text is read', () => {
  fc.assert(
    fc.property(result, (one) => {
      expect(parseOperationResult(formatOperationResult(one))).toEqual(one);
    }),
    { numRuns: 1000 },
  );
});

/** A text that is nearly that of an operation. */
const damaged = fc
  .tuple(operation.map(formatOperation), fc.nat(), fc.nat(4), fc.string({ unit: 'binary', maxLength: 3 }))
  .map(([whole, at, length, inserted]) => {
    const offset = at % (whole.length + 1);
    return whole.slice(0, offset) + inserted + whole.slice(offset + length);
  });

test('any text is read or refused, with the one error', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json(), fc.string()), (one) => {
      for (const parse of [parseOperation, parseOperationResult]) {
        try {
          parse(one);
        } catch (error) {
          if (!(error instanceof Lwm2mServerError) || error.code !== 'ERR_LWM2M_SERVER_OPERATION') throw error;
        }
      }
    }),
    { numRuns: 3000 },
  );
});
