import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, formatPath, recordsFromNode } from '@flownexus/lwm2m-core';
import type { Lwm2mNode } from '@flownexus/lwm2m-core';
import { definitions } from '../definitions.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const paths = (text: string, path: string, rootPath?: string): string[] =>
  decodePayload(utf8(text), 110, path, definitions, rootPath === undefined ? {} : { rootPath }).records.map((record) =>
    formatPath(record.path),
  );

const temperature = { kind: 'singleResource', id: 5700, type: 'float', value: 22.1 } as const;
const sensor = { kind: 'objectInstance', id: 0, resources: [temperature] } as const;
const sensors = { kind: 'object', id: 3303, instances: [sensor] } as const;
const level = { kind: 'singleResource', id: 9, type: 'integer', value: 65 } as const;
const device = { kind: 'object', id: 3, instances: [{ kind: 'objectInstance', id: 0, resources: [level] }] } as const;

/** A gateway with a value of its own, and two devices behind it. */
const fleet: Lwm2mNode = {
  kind: 'root',
  objects: [device],
  iotDevices: [
    { prefix: 'd01', objects: [device, sensors] },
    { prefix: 'd02', objects: [device] },
  ],
};

describe('a device behind a gateway', () => {
  test('has its prefix in names', () => {
    expect(paths('[{"bn":"/d01/3303/0/","n":"5700","v":22.1}]', '/d01/3303/0')).toEqual(['/d01/3303/0/5700']);
    expect(paths('[{"n":"/lwm2m/d01/3303/0/5700","v":22.1}]', '/d01/3303/0', '/lwm2m')).toEqual(['/d01/3303/0/5700']);
  });

  test('is the one that was asked when its answer has no prefix', () => {
    expect(paths('[{"n":"/3303/0/5700","v":22.1}]', '/d01/3303/0')).toEqual(['/d01/3303/0/5700']);
  });

  test('is not another one', () => {
    for (const [name, path] of [
      ['/d02/3303/0/5700', '/d01/3303'],
      ['/d01/3303/0/5700', '/3303'],
    ] as const) {
      const expected = expect.objectContaining({ name: 'DecodeError' }) as Error;
      expect(() => paths(`[{"n":"${name}","v":1}]`, path)).toThrow(expected);
    }
  });

  test('an alternate path is one only with a slash behind it', () => {
    expect(paths('[{"n":"/lwm2mx/3303/0/5700","v":1}]', '/', '/lwm2m')).toEqual(['/lwm2mx/3303/0/5700']);
  });

  test.each([110, 112, 11542, 11543, 11544])('is read in %i at a path of its own', (contentFormat) => {
    const bytes = encodePayload(sensor, contentFormat, '/d01/3303/0', definitions);
    const { node, records } = decodePayload(bytes, contentFormat, '/d01/3303/0', definitions);
    expect(node).toEqual(sensor);
    expect(records.map((record) => formatPath(record.path))).toEqual(['/d01/3303/0/5700']);
  });

  test.each([0, 60])('is read in %i', (contentFormat) => {
    const bytes = encodePayload(temperature, contentFormat, '/d01/3303/0/5700', definitions);
    expect(decodePayload(bytes, contentFormat, '/d01/3303/0/5700', definitions).node).toEqual(temperature);
  });

  test.each([110, 112, 11543, 11544])('stands beside the gateway in a payload of everything in %i', (contentFormat) => {
    const decoded = decodePayload(
      encodePayload(fleet, contentFormat, '/', definitions),
      contentFormat,
      '/',
      definitions,
    );
    expect(decoded.node).toEqual(fleet);
    expect(decoded.records).toEqual(recordsFromNode(fleet, '/'));
  });

  test('is in the tree though the payload has everything in another order', () => {
    const text =
      '[{"n":"/d02/3/0/9","v":65},{"n":"/3/0/9","v":65},{"n":"/d01/3303/0/5700","v":22.1},{"n":"/d01/3/0/9","v":65}]';
    expect(decodePayload(utf8(text), 110, '/', definitions).node).toEqual(fleet);
  });
});
