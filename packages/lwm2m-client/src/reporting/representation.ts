import { Code, type CoapReply } from '@flownexus/coap';
import {
  ContentFormat,
  encodeRecords,
  formatPath,
  recordsFromNode,
  ROOT_PATH,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';
import type { Device } from '../operations/device.ts';
import type { ObservedPaths } from '../operations/observe.ts';
import { compositeNode, readComposite } from '../operations/read-composite.ts';
import { read, readableNode } from '../operations/read.ts';
import { refusalReply } from '../operations/refuse.ts';

/** The formats that have times. */
const TIMED: readonly number[] = [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON, ContentFormat.OMA_JSON];

/**
 * What a notification says of the observed paths now, refusals as their codes. Values with times take the place of the present one of
 * their Resource, where the format has times.
 */
export function representation(
  device: Device,
  { paths, composite, contentFormat }: ObservedPaths,
  records: readonly ResourceRecord[] = [],
): CoapReply {
  const path = composite ? ROOT_PATH : (paths[0] ?? ROOT_PATH);
  try {
    if (records.length === 0 || !TIMED.includes(contentFormat)) {
      return composite ? readComposite(device, paths, contentFormat) : read(device, path, contentFormat);
    }
    const { tree, rootPath } = device;
    const node = composite ? compositeNode(device, paths) : readableNode(device, path);
    const timed = new Set(records.map((record) => formatPath(record.path)));
    const present = recordsFromNode(node, path).filter((record) => !timed.has(formatPath(record.path)));
    const payload = encodeRecords([...present, ...records], contentFormat, path, tree.definitions, { rootPath });
    return { code: Code.CONTENT, contentFormat, payload };
  } catch (error) {
    return refusalReply(error);
  }
}
