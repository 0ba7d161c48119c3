import { Code, type CoapReply } from '@flownexus/coap';
import {
  ContentFormat,
  contentFormatName,
  decodePathList,
  encodePayload,
  nodeFromRecords,
  pathLevel,
  recordsFromNode,
  ROOT_PATH,
  type Lwm2mNode,
  type Path,
  type ResourceRecord,
} from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { limits } from '../limits.ts';
import { isRestricted, speaks, type Device } from './device.ts';
import { isReadable } from './read.ts';
import { badRequest, notAllowed, unsupportedFormat } from './refuse.ts';
import type { WrittenPayload } from './write.ts';

/** The formats that hold values of several Objects. */
const FORMATS: readonly number[] = [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON, ContentFormat.LWM2M_CBOR];

/** What is answered without Accept: the format of the request, without its ETCH. */
const ANSWERS: ReadonlyMap<number | undefined, number> = new Map([
  [ContentFormat.SENML_JSON, ContentFormat.SENML_JSON],
  [ContentFormat.SENML_CBOR, ContentFormat.SENML_CBOR],
  [ContentFormat.SENML_ETCH_JSON, ContentFormat.SENML_JSON],
  [ContentFormat.SENML_ETCH_CBOR, ContentFormat.SENML_CBOR],
]);

/**
 * The paths of a Read-Composite or Observe-Composite (TS Core §6.3.8, §6.4.5).
 *
 * @throws Refusal, Lwm2mError
 */
export function compositePaths(device: Device, { contentFormat, payload }: WrittenPayload): readonly Path[] {
  checkComposite(device, contentFormat);
  const paths = decodePathList(payload, contentFormat ?? -1, { rootPath: device.rootPath });
  if (paths.length > limits.compositePaths) throw badRequest('too many paths');
  return paths;
}

/**
 * Whether the device has composite operations in the format.
 *
 * @throws Refusal 4.05, 4.15
 */
export function checkComposite(device: Device, contentFormat: number | undefined): void {
  if (!speaks(device, '1.1')) throw notAllowed('composite operations');
  if (contentFormat === undefined || !ANSWERS.has(contentFormat) || !device.contentFormats.includes(contentFormat)) {
    throw unsupportedFormat(
      contentFormat === undefined ? 'no Content-Format' : `no ${contentFormatName(contentFormat)}`,
    );
  }
}

/**
 * The values at the paths, without those that are not there or can not be read (TS Core §6.3.8).
 *
 * @throws Refusal, Lwm2mError
 */
export function readComposite(device: Device, paths: readonly Path[], contentFormat: number): CoapReply {
  const { tree, rootPath } = device;
  const payload = encodePayload(compositeNode(device, paths), contentFormat, ROOT_PATH, tree.definitions, { rootPath });
  return { code: Code.CONTENT, contentFormat, payload };
}

/**
 * The format of the answer to a composite request.
 *
 * @throws Refusal 4.06
 */
export function compositeFormat(device: Device, contentFormat: number | undefined, accept: number | undefined): number {
  const format = accept ?? ANSWERS.get(contentFormat) ?? ContentFormat.SENML_CBOR;
  if (FORMATS.includes(format) && device.contentFormats.includes(format)) return format;
  throw new Refusal(Code.NOT_ACCEPTABLE, `no composite in ${contentFormatName(format)}`);
}

/** What a server may read at these paths, as a tree from the root. */
export function compositeNode(device: Device, paths: readonly Path[]): Lwm2mNode {
  const records: ResourceRecord[] = paths.flatMap((path) => {
    const node = isRestricted(path) ? undefined : device.tree.read(path, isReadable);
    return node === undefined ? [] : recordsFromNode(node, path);
  });
  // The root has the Objects of the bootstrap server too.
  const allowed = paths.some((path) => pathLevel(path) === 0)
    ? records.filter(({ path }) => !isRestricted(path))
    : records;
  return nodeFromRecords(allowed, ROOT_PATH, device.tree.definitions);
}
