import { Code, type CoapReply } from '@flownexus/coap';
import {
  encodePayload,
  formatPath,
  pathLevel,
  type Lwm2mNode,
  type Path,
  type ResourceDefinition,
} from '@flownexus/lwm2m-core';
import { isRestricted, type Device } from './device.ts';
import { answerFormat } from './formats.ts';
import { notAllowed, notFound, unauthorized } from './refuse.ts';

/**
 * The data at a path as a response (TS Core §6.3.1); without `accept` the device chooses the format.
 *
 * @throws Refusal, Lwm2mError
 */
export function read(device: Device, path: Path, accept: number | undefined): CoapReply {
  const node = readableNode(device, path);
  const contentFormat = answerFormat(device, accept);
  const { tree, rootPath } = device;
  const payload = encodePayload(node, contentFormat, path, tree.definitions, { rootPath });
  return { code: Code.CONTENT, contentFormat, payload };
}

/**
 * What a server may read at a path of an Object or below.
 *
 * @throws Refusal 4.01, 4.04, 4.05
 */
export function readableNode({ tree }: Device, path: Path): Lwm2mNode {
  // Zephyr and Wakaama refuse a Read of everything, and so do we: TS Core §6.3.1 targets an Object or below.
  if (pathLevel(path) === 0) throw notAllowed('a Read of everything');
  if (isRestricted(path)) throw unauthorized();
  const node = tree.read(path, isReadable);
  if (node !== undefined) return node;
  if (tree.has(path)) throw notAllowed(`${formatPath(path)} can not be read`);
  throw notFound(formatPath(path));
}

/** Whether servers may read a Resource (TS Core §6.3.1). */
export function isReadable({ operations }: ResourceDefinition): boolean {
  return operations === 'R' || operations === 'RW';
}
