import { parsePath, type Link, type ResourceNode } from '@flownexus/lwm2m-core';
import type { Operation, OperationResult } from '../../src/index.ts';

const RESOURCES: readonly ResourceNode[] = [
  { kind: 'singleResource', id: 0, type: 'string', value: 'Grüße\u2028\ud83d\ude00' },
  { kind: 'singleResource', id: 1, type: 'integer', value: -(2n ** 63n) },
  { kind: 'singleResource', id: 2, type: 'float', value: -0 },
  { kind: 'singleResource', id: 3, type: 'float', value: Infinity },
  { kind: 'singleResource', id: 4, type: 'boolean', value: false },
  { kind: 'singleResource', id: 5, type: 'opaque', value: Uint8Array.of(0, 255, 128) },
  { kind: 'singleResource', id: 6, type: 'objlnk', value: { objectId: 65_535, objectInstanceId: 65_535 } },
  {
    kind: 'multipleResource',
    id: 7,
    type: 'time',
    instances: [
      { kind: 'resourceInstance', id: 0, type: 'time', value: 15 },
      { kind: 'resourceInstance', id: 65_535, type: 'integer', value: 7 },
    ],
  },
  { kind: 'multipleResource', id: 8, type: 'corelnk', instances: [] },
];
const INSTANCE = { kind: 'objectInstance', id: 0, resources: RESOURCES } as const;
const OBJECT = { kind: 'object', id: 3, instances: [INSTANCE] } as const;

/** One operation of each kind at least, with every field that there is. */
export const OPERATIONS: readonly Operation[] = [
  { kind: 'read', path: '/3/0' },
  { kind: 'read', path: '/d01/3/0', accept: null },
  { kind: 'read', path: '/', accept: 112 },
  { kind: 'write', path: '/3/0', mode: 'replace', node: INSTANCE },
  { kind: 'write', path: '/3', mode: 'replace', node: OBJECT, contentFormat: 11_542 },
  {
    kind: 'write',
    path: '/3/0/6/1',
    mode: 'update',
    node: { kind: 'resourceInstance', id: 1, type: 'integer', value: 1 },
  },
  { kind: 'writeAttributes', path: '/3', attributes: {} },
  {
    kind: 'writeAttributes',
    path: '/3/0/9',
    attributes: { pmin: 0, pmax: null, gt: -1.5, edge: 1, unknown: { 'x-a': 'b', 'x-c': null } },
  },
  { kind: 'execute', path: '/3/0/4' },
  { kind: 'execute', path: '/3/0/4', arguments: [{ digit: 0, value: 'now' }, { digit: 9 }] },
  { kind: 'create', path: '/3303', instance: { kind: 'objectInstance', id: 65_535, resources: [] } },
  { kind: 'create', path: '/3303', instance: { kind: 'objectInstance', id: 1, resources: [] }, contentFormat: 112 },
  { kind: 'delete', path: '/3303/0' },
  { kind: 'discover', path: '/' },
  { kind: 'discover', path: '/3', depth: 0 },
  { kind: 'observe', path: '/3/0/9' },
  { kind: 'observe', path: '/3/0/9', attributes: { pmin: 1, st: 0.5 }, accept: 110 },
  { kind: 'readComposite', paths: ['/', '/3/0/9'] },
  { kind: 'readComposite', paths: ['/3'], contentFormat: 322, accept: null },
  {
    kind: 'writeComposite',
    changes: [
      { path: parsePath('/d01/1/0/1'), type: 'integer', value: 60, time: undefined },
      { path: parsePath('/3/0/13'), type: 'time', value: 0, time: 1_700_000_000.25 },
      { path: parsePath('/16/0/0/3'), value: null },
    ],
  },
  { kind: 'writeComposite', changes: [{ path: parsePath('/16/0/0/3'), value: null }], contentFormat: 320, accept: 110 },
  { kind: 'observeComposite', paths: ['/3'] },
  { kind: 'observeComposite', paths: ['/3'], attributes: { con: 1 }, contentFormat: 110, accept: 110 },
  { kind: 'cancelObservation', paths: ['/3/0/9'], composite: false },
  { kind: 'cancelObservation', paths: ['/3', '/1'], composite: true },
  { kind: 'request', method: 'GET', path: [] },
  {
    kind: 'request',
    method: 'iPATCH',
    path: ['a', ''],
    query: ['q=1'],
    contentFormat: 0,
    accept: 65_535,
    payload: new Uint8Array(0),
  },
];

const LINK: Link = {
  target: '/3/0',
  attributes: Object.assign(Object.create(null), { pmin: '1', obs: true }) as Link['attributes'],
};

/** A result of each kind. */
export const RESULTS: readonly OperationResult[] = [
  { responseCode: '2.04' },
  {
    responseCode: '2.05',
    contentFormat: 112,
    node: { kind: 'root', objects: [OBJECT], iotDevices: [{ prefix: 'd01', objects: [OBJECT] }] },
    records: [
      { path: parsePath('/3/0/9'), type: 'float', value: NaN, time: undefined },
      { path: parsePath('/d01/3/0/9'), type: 'unsignedInteger', value: 2n ** 64n - 1n, time: 0.1 },
    ],
  },
  { responseCode: '2.05', links: [LINK, { target: '/', attributes: {} }] },
  { responseCode: '2.01', createdPath: '/3303/1' },
  { responseCode: '4.05', contentFormat: 0, locationPath: ['a', ''], payload: Uint8Array.of(1, 2, 3) },
];
