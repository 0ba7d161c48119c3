/**
 * The JSON of nodes that the REST interface of a Leshan server has, in both directions.
 *
 * @example
 * ```ts
 * import { nodeFromJson, nodeToJson } from '@flownexus/lwm2m-core/node-json';
 *
 * const node = nodeFromJson({ id: '9', kind: 'singleResource', type: 'integer', value: 95 }, '/3/0/9');
 * console.log(nodeToJson(node)); // { kind: 'singleResource', id: 9, type: 'INTEGER', value: '95' }
 * ```
 *
 * @packageDocumentation
 */
export { nodeToJson, nodesToJson } from './node-to-json.ts';
export { nodeFromJson, nodesFromJson, type NodeFromJsonOptions } from './node-from-json.ts';
export { nodesFromRecords } from './nodes-from-records.ts';
export { linkToJson, type LinkJson } from './link-to-json.ts';
export { TYPE_NAMES } from './node-json.ts';
export type {
  IotDeviceJson,
  MultiResourceJson,
  NodeJson,
  NodesJson,
  ObjectInstanceJson,
  ObjectJson,
  ObjectLinkJson,
  ResourceInstanceJson,
  ResourceJson,
  RootJson,
  SingleResourceJson,
  TypeName,
  ValueJson,
} from './node-json.ts';
