import type { DefinitionSource } from '../definition.ts';
import { MAX_RECORDS } from '../limits.ts';
import type { Lwm2mNode, ResourceInstanceNode, ResourceNode, ResourceRecord } from '../node.ts';
import { pathOfNode, UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { pathOf, pathStartsWith } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue } from '../typed-value.ts';
import { declaredType, decodeError, encodeError } from './format.ts';
import type { DecodedRecords } from './format.ts';
import { readTlvs, TlvType } from './tlv-reader.ts';
import type { Tlv } from './tlv-reader.ts';
import { decodeTlvValue, encodeTlvValue } from './tlv-value.ts';

interface Reading {
  readonly bytes: Uint8Array;
  readonly definitions: DefinitionSource | undefined;
  readonly records: ResourceRecord[];
  readonly containers: Path[];
}

/**
 * Decodes a TLV payload (TS Core §7.5.5) of an Object, an Object Instance, a Resource or a Resource Instance. Forms that
 * devices send beside the regular ones are taken too: a wrapper of the Object Instance that was asked for around its
 * Resources, an Object as a bare list of Resources, a multiple Resource as a bare list of its instances.
 *
 * @throws Lwm2mError `ERR_LWM2M_DECODE`
 */
export function decodeTlv(bytes: Uint8Array, path: Path, definitions: DefinitionSource | undefined): DecodedRecords {
  const { objectId, objectInstanceId, resourceId, resourceInstanceId } = path;
  if (objectId === undefined) throw decodeError('the path of an Object or below for TLV', 'the root', 0);
  const reading: Reading = { bytes, definitions, records: [], containers: [] };
  let tlvs = readTlvs(bytes, 0, bytes.length);
  if (objectInstanceId === undefined) {
    readObject(reading, tlvs, objectId);
    return reading;
  }
  const [first] = tlvs;
  if (first?.type === TlvType.objectInstance) {
    if (tlvs.length > 1 || first.id !== objectInstanceId) {
      throw decodeError(`Object Instance ${String(objectInstanceId)} alone`, 'another', 0);
    }
    tlvs = readTlvs(bytes, first.start, first.end);
  }
  if (resourceId !== undefined && tlvs[0]?.type === TlvType.resourceInstance) {
    readResourceInstances(reading, tlvs, pathOf(objectId, objectInstanceId, resourceId));
  } else {
    readResources(reading, tlvs, objectId, objectInstanceId);
  }
  return resourceId === undefined ? reading : narrow(reading, path, resourceInstanceId !== undefined);
}

/** Only what was asked for may be there; a Resource with one value may stand for the Resource Instance asked for. */
function narrow(reading: Reading, path: Path, isResourceInstance: boolean): DecodedRecords {
  const records = reading.records.map((record) =>
    isResourceInstance && record.path.resourceInstanceId === undefined && pathStartsWith(path, record.path)
      ? { ...record, path }
      : record,
  );
  const resourcePath = pathOf(path.objectId, path.objectInstanceId, path.resourceId);
  const isOther =
    records.some((record) => !pathStartsWith(record.path, path)) ||
    reading.containers.some((container) => !pathStartsWith(container, resourcePath));
  if (isOther) throw decodeError('the Resource that was asked for', 'another', 0);
  return { records, containers: reading.containers };
}

function readObject(reading: Reading, tlvs: readonly Tlv[], objectId: number): void {
  const [first] = tlvs;
  if (first === undefined) return;
  if (first.type !== TlvType.objectInstance) {
    // A Create without an id, or a read of an Object with one instance: only the definition could tell which one.
    const isSingle = reading.definitions?.object(objectId)?.multiple === false;
    readResources(reading, tlvs, objectId, isSingle ? 0 : UNASSIGNED_INSTANCE_ID);
    return;
  }
  const ids = new Set<number>();
  for (const tlv of tlvs) {
    requireType(tlv, tlv.type === TlvType.objectInstance, 'an Object Instance');
    requireNewId(tlv, ids);
    if (tlv.start === tlv.end) addContainer(reading, pathOf(objectId, tlv.id));
    readResources(reading, readTlvs(reading.bytes, tlv.start, tlv.end), objectId, tlv.id);
  }
}

function readResources(reading: Reading, tlvs: readonly Tlv[], objectId: number, objectInstanceId: number): void {
  const ids = new Set<number>();
  for (const tlv of tlvs) {
    requireType(tlv, tlv.type === TlvType.resource || tlv.type === TlvType.multipleResource, 'a Resource');
    requireNewId(tlv, ids);
    const path = pathOf(objectId, objectInstanceId, tlv.id);
    if (tlv.type === TlvType.resource) {
      addRecord(reading, tlv, path);
    } else {
      if (tlv.start === tlv.end) addContainer(reading, path);
      readResourceInstances(reading, readTlvs(reading.bytes, tlv.start, tlv.end), path);
    }
  }
}

function readResourceInstances(reading: Reading, tlvs: readonly Tlv[], path: Path): void {
  const ids = new Set<number>();
  for (const tlv of tlvs) {
    requireType(tlv, tlv.type === TlvType.resourceInstance, 'a Resource Instance');
    requireNewId(tlv, ids);
    addRecord(reading, tlv, pathOf(path.objectId, path.objectInstanceId, path.resourceId, tlv.id));
  }
}

function addContainer(reading: Reading, path: Path): void {
  if (reading.containers.length === MAX_RECORDS)
    throw decodeError(`at most ${String(MAX_RECORDS)} instances and multiple Resources`, 'more', 0);
  reading.containers.push(path);
}

function addRecord(reading: Reading, tlv: Tlv, path: Path): void {
  if (reading.records.length === MAX_RECORDS) throw decodeError(`at most ${String(MAX_RECORDS)} values`, 'more', 0);
  const declared = declaredType(path, reading.definitions);
  const { type, value } = decodeTlvValue(reading.bytes, tlv.start, tlv.end, declared);
  reading.records.push({ path, type, value, time: undefined });
}

function requireType(tlv: Tlv, isExpected: boolean, expected: string): void {
  if (!isExpected) throw decodeError(expected, 'another TLV', tlv.start);
}

function requireNewId(tlv: Tlv, ids: Set<number>): void {
  if (ids.has(tlv.id)) throw decodeError('distinct ids', 'one twice', tlv.start);
  ids.add(tlv.id);
}

/**
 * Encodes a node for a request or response at the path, which is that of the node or of its parent. An Object Instance
 * at the path of its Object is wrapped, unless its id is {@link UNASSIGNED_INSTANCE_ID}.
 *
 * @throws Lwm2mError `ERR_LWM2M_ENCODE` for the root and for values that TLV has no form for
 */
export function encodeTlv(node: Lwm2mNode, path: Path, definitions: DefinitionSource | undefined): Uint8Array {
  const at = pathOfNode(node, path);
  switch (node.kind) {
    case 'root':
      throw encodeError('expected an Object or a part of one for TLV, found the root');
    case 'object':
      return concat(
        node.instances.map((instance) => {
          const resources = encodeResources(instance.resources, pathOf(node.id, instance.id), definitions);
          return encodeTlvItem(TlvType.objectInstance, instance.id, resources);
        }),
      );
    case 'objectInstance': {
      const resources = encodeResources(node.resources, at, definitions);
      const isBare = path.objectInstanceId !== undefined || node.id === UNASSIGNED_INSTANCE_ID;
      return isBare ? resources : encodeTlvItem(TlvType.objectInstance, node.id, resources);
    }
    case 'singleResource':
    case 'multipleResource':
      return encodeResource(node, at, definitions);
    case 'resourceInstance':
      // TS Core §7.5.5.1: a Resource Instance is for use within a multiple Resource.
      return encodeTlvItem(TlvType.multipleResource, at.resourceId ?? 0, encodeResourceInstance(node, at, definitions));
  }
}

function encodeResources(
  resources: readonly ResourceNode[],
  path: Path,
  definitions: DefinitionSource | undefined,
): Uint8Array {
  return concat(
    resources.map((resource) =>
      encodeResource(resource, pathOf(path.objectId, path.objectInstanceId, resource.id), definitions),
    ),
  );
}

function encodeResource(resource: ResourceNode, path: Path, definitions: DefinitionSource | undefined): Uint8Array {
  if (resource.kind === 'multipleResource') {
    const instances = resource.instances.map((instance) => encodeResourceInstance(instance, path, definitions));
    return encodeTlvItem(TlvType.multipleResource, resource.id, concat(instances));
  }
  const value = encodableValue(resource.type, resource.value, declaredType(path, definitions));
  return encodeTlvItem(TlvType.resource, resource.id, encodeTlvValue(value, resource.type));
}

function encodeResourceInstance(
  instance: ResourceInstanceNode,
  path: Path,
  definitions: DefinitionSource | undefined,
): Uint8Array {
  const value = encodableValue(instance.type, instance.value, declaredType(path, definitions));
  return encodeTlvItem(TlvType.resourceInstance, instance.id, encodeTlvValue(value, instance.type));
}

function encodeTlvItem(type: TlvType, id: number, value: Uint8Array): Uint8Array {
  const { length } = value;
  if (length >= 2 ** 24) throw encodeError('expected a value of less than 16 MiB for TLV, found a longer one');
  const idLength = id < 0x100 ? 1 : 2;
  const lengthLength = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const item = new Uint8Array(1 + idLength + lengthLength + length);
  item[0] = (type << 6) | ((idLength - 1) << 5) | (lengthLength << 3) | (lengthLength === 0 ? length : 0);
  writeUnsigned(item, 1, idLength, id);
  writeUnsigned(item, 1 + idLength, lengthLength, length);
  item.set(value, 1 + idLength + lengthLength);
  return item;
}

function writeUnsigned(bytes: Uint8Array, offset: number, length: number, value: number): void {
  for (let index = 0; index < length; index += 1) bytes[offset + index] = value >> (8 * (length - 1 - index));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
