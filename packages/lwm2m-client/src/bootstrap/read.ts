import { Code, type CoapReply } from '@flownexus/coap';
import { encodePayload, formatPath, pathLevel, type Path } from '@flownexus/lwm2m-core';
import { isRestricted, speaks, type Device } from '../operations/device.ts';
import { answerFormat } from '../operations/formats.ts';
import { notAllowed, notFound, unauthorized } from '../operations/refuse.ts';

/** TS Core §6.1.7: the Server and the Access Control Object. */
const READABLE: ReadonlySet<number | undefined> = new Set([1, 2]);

/**
 * The answer to a Bootstrap-Read (TS Core §6.1.7) of the Server or Access Control Object, or an instance of it; without `accept` the
 * device chooses the format.
 *
 * @throws Refusal 4.01, 4.04, 4.05, 4.06; Lwm2mError
 */
export function bootstrapRead(device: Device, path: Path, accept: number | undefined): CoapReply {
  if (isRestricted(path)) throw unauthorized();
  if (!speaks(device, '1.1') || !READABLE.has(path.objectId) || pathLevel(path) > 2) {
    throw notAllowed(`a Bootstrap-Read of ${formatPath(path)}`);
  }
  const { tree } = device;
  const node = tree.read(path);
  if (node === undefined) throw notFound(formatPath(path));
  const contentFormat = answerFormat(device, accept);
  return { code: Code.CONTENT, contentFormat, payload: encodePayload(node, contentFormat, path, tree.definitions) };
}
