import type { DefinitionSource } from '../definition.ts';
import { MAX_RECORDS } from '../limits.ts';
import type {
  Lwm2mNode,
  ObjectInstanceNode,
  ResourceInstanceNode,
  ResourceNode,
  ResourceRecord,
  SingleResourceNode,
} from '../node.ts';
import { pathOfNode, UNASSIGNED_INSTANCE_ID } from '../node-tree.ts';
import { pathOf, pathStartsWith, withPrefix } from '../path.ts';
import type { Path } from '../path.ts';
import { encodableValue, isOfType } from '../typed-value.ts';
import { declaredType, decodeError, encodeError, wrongType } from './format.ts';
import type { DecodedRecords } from './format.ts';
import { readTlvs, TlvType } from './tlv-reader.ts';
import type { Tlv } from './tlv-reader.ts';
import { decodeTlvValue, writeTlvValue } from './tlv-value.ts';
import { TlvWriter } from './tlv-writer.ts';

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
 * @throws DecodeError
 */
export function decodeTlv(bytes: Uint8Array, path: Path, definitions: DefinitionSource | undefined): DecodedRecords {
  const { prefix } = path;
  if (prefix === undefined) return decodeIds(bytes, path, definitions);
  // TLV has ids alone: those of a device behind a gateway are of the one that was asked.
  const { records, containers } = decodeIds(bytes, withPrefix(path, undefined), definitions);
  return {
    records: records.map((record) => ({ ...record, path: withPrefix(record.path, prefix) })),
    containers: containers.map((container) => withPrefix(container, prefix)),
  };
}

function decodeIds(bytes: Uint8Array, path: Path, definitions: DefinitionSource | undefined): DecodedRecords {
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
  const { objectId = 0, resourceId = 0 } = at;
  const writing: Writing = { writer: new TlvWriter(), definitions, objectId };
  switch (node.kind) {
    case 'root':
      throw encodeError('expected an Object or a part of one for TLV, found the root');
    case 'object':
      for (const instance of node.instances.toReversed()) writeObjectInstance(writing, instance);
      break;
    case 'objectInstance':
      if (path.objectInstanceId !== undefined || node.id === UNASSIGNED_INSTANCE_ID) {
        writeResources(writing, node.resources);
      } else {
        writeObjectInstance(writing, node);
      }
      break;
    case 'singleResource':
    case 'multipleResource':
      writeResource(writing, node);
      break;
    case 'resourceInstance':
      // TS Core §7.5.5.1: a Resource Instance is for use within a multiple Resource.
      writeValue(writing, TlvType.resourceInstance, node, resourceId);
      writing.writer.writeHeader(TlvType.multipleResource, resourceId, 0);
  }
  return writing.writer.toBytes();
}

interface Writing {
  readonly writer: TlvWriter;
  readonly definitions: DefinitionSource | undefined;
  readonly objectId: number;
}

// The writer goes from the end to the start, and so do the loops.

function writeObjectInstance(writing: Writing, { id, resources }: ObjectInstanceNode): void {
  const before = writing.writer.length;
  writeResources(writing, resources);
  writing.writer.writeHeader(TlvType.objectInstance, id, before);
}

function writeResources(writing: Writing, resources: readonly ResourceNode[]): void {
  for (const resource of resources.toReversed()) writeResource(writing, resource);
}

function writeResource(writing: Writing, resource: ResourceNode): void {
  if (resource.kind === 'singleResource') {
    writeValue(writing, TlvType.resource, resource, resource.id);
    return;
  }
  const before = writing.writer.length;
  for (const instance of resource.instances.toReversed()) {
    writeValue(writing, TlvType.resourceInstance, instance, resource.id);
  }
  writing.writer.writeHeader(TlvType.multipleResource, resource.id, before);
}

function writeValue(
  { writer, definitions, objectId }: Writing,
  tlvType: TlvType,
  { id, type, value }: SingleResourceNode | ResourceInstanceNode,
  resourceId: number,
): void {
  const before = writer.length;
  const declared = definitions?.resource(objectId, resourceId)?.type;
  const encodable = encodableValue(type, value, declared);
  // Bytes are what a value of another type was decoded to: they go back as they came.
  if (encodable.kind !== 'bytes' && !isOfType(encodable, declared)) throw wrongType('TLV', declared);
  writeTlvValue(writer, encodable, type);
  writer.writeHeader(tlvType, id, before);
}
