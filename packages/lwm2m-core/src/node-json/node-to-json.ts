import type { Lwm2mNode, ObjectInstanceNode, ObjectNode, ResourceNode } from '../node.ts';
import { TYPE_NAMES } from './node-json.ts';
import type { NodeJson, NodesJson, ObjectInstanceJson, ObjectJson, ResourceJson, ValueJson } from './node-json.ts';
import { valueToJson } from './value-json.ts';

/**
 * The JSON of a node, as the REST interface of a Leshan server shows it, with `FLOAT` as a number. Times are rounded to
 * milliseconds.
 *
 * @throws TypeError when a value is not one of its type; RangeError when it is out of the range of its type. Decoded
 * nodes have no such values
 */
export function nodeToJson(node: Lwm2mNode): NodeJson {
  switch (node.kind) {
    case 'root': {
      const objects = node.objects.map(objectToJson);
      if (node.iotDevices === undefined) return { kind: 'root', objects };
      const iotDevices = node.iotDevices.map((device) => {
        return { prefix: device.prefix, objects: device.objects.map(objectToJson) };
      });
      return { kind: 'root', objects, iotDevices };
    }
    case 'object':
      return objectToJson(node);
    case 'objectInstance':
      return objectInstanceToJson(node);
    case 'singleResource':
    case 'multipleResource':
      return resourceToJson(node);
    case 'resourceInstance':
      return {
        kind: 'resourceInstance',
        id: node.id,
        type: TYPE_NAMES[node.type],
        value: valueToJson(node.type, node.value),
      };
  }
}

function objectToJson({ id, instances }: ObjectNode): ObjectJson {
  return { kind: 'obj', id, instances: instances.map(objectInstanceToJson) };
}

function objectInstanceToJson({ id, resources }: ObjectInstanceNode): ObjectInstanceJson {
  return { kind: 'instance', id, resources: resources.map(resourceToJson) };
}

function resourceToJson(node: ResourceNode): ResourceJson {
  const { id } = node;
  const type = TYPE_NAMES[node.type];
  if (node.kind === 'singleResource') {
    return { kind: 'singleResource', id, type, value: valueToJson(node.type, node.value) };
  }
  const values: Record<string, ValueJson> = {};
  for (const instance of node.instances) values[String(instance.id)] = valueToJson(instance.type, instance.value);
  return { kind: 'multiResource', id, type, values };
}

/**
 * The JSON of nodes by their paths: the answer to a Read-Composite, a composite notification, or a Send. A path that
 * has nothing is not there. See `nodesFromRecords` for the nodes of a decoded payload.
 *
 * @throws TypeError, RangeError as {@link nodeToJson}
 */
export function nodesToJson(nodes: ReadonlyMap<string, Lwm2mNode>): NodesJson {
  return Object.fromEntries(Array.from(nodes, ([path, node]) => [path, nodeToJson(node)]));
}
