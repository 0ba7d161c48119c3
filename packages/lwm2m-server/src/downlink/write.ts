import { Code, type CoapResponse } from '@flownexus/coap';
import {
  ContentFormat,
  encodeForEndpoint,
  encodePayload,
  formatPath,
  pathLevel,
  type EncodedForEndpoint,
  type Lwm2mNode,
  type Path,
} from '@flownexus/lwm2m-core';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { expectCode, type DecodingContext } from './answer.ts';
import { withFormatFallback } from './format-fallback.ts';
import { namingOf } from './names.ts';
import type { OperationResult, WriteOperation } from './operation.ts';
import { requester, type ExchangeBounds } from './request.ts';
import { targetPath, uriPath } from './target.ts';

/**
 * Write (TS Core §6.3.3): PUT replaces, POST updates. RFC 7252 §5.8.3 has 2.01 for what a PUT creates, such as a Resource Instance, so that
 * is a success as well as the 2.04 of TS Core §6.3.3.
 */
export async function performWrite(
  endpoint: RegisteredEndpoint,
  { path: text, mode, node, contentFormat }: WriteOperation,
  context: DecodingContext,
  bounds: ExchangeBounds,
): Promise<OperationResult> {
  const path = targetPath(text, mode === 'replace' ? 'write' : 'update');
  checkLevel(node, path);
  const send = requester(endpoint, context, bounds);
  const method = mode === 'replace' ? Code.PUT : Code.POST;
  const uri = uriPath(endpoint.registration.rootPath, path);
  // TS Core §6.3.3 and §7.4: a partial update is in a format for trees, also where it is of one opaque value.
  const unfit = mode === 'replace' ? [] : [ContentFormat.OPAQUE];
  const response = await sendNode(endpoint, { node, path, contentFormat, unfit }, context, (encoded) =>
    send({ method, path: uri, ...encoded }),
  );
  return { responseCode: expectCode(response, Code.CHANGED, Code.CREATED) };
}

/** A node that is to be sent. */
export interface OutgoingNode {
  readonly node: Lwm2mNode;
  readonly path: Path;
  /** What the caller wants: then there is no other. */
  readonly contentFormat: number | undefined;
  /** Formats that are not for this operation. */
  readonly unfit?: readonly number[];
}

/** Sends a node in the format that the caller wants, else in one that the device has. */
export async function sendNode(
  endpoint: RegisteredEndpoint,
  { node, path, contentFormat, unfit = [] }: OutgoingNode,
  { objects }: Pick<DecodingContext, 'objects'>,
  send: (encoded: EncodedForEndpoint) => Promise<CoapResponse>,
): Promise<CoapResponse> {
  const { objectVersions, rootPath } = namingOf(endpoint, path);
  const definitions = objects.forVersions(objectVersions);
  if (contentFormat !== undefined) {
    return send({ contentFormat, payload: encodePayload(node, contentFormat, path, definitions, { rootPath }) });
  }
  const encode = (refused: readonly number[]): EncodedForEndpoint =>
    encodeForEndpoint(node, path, endpoint.registration, definitions, { rootPath, refused: [...refused, ...unfit] });
  const { result } = await withFormatFallback(endpoint, 'write', encode, send, (response) => response);
  return result;
}

const KINDS_OF_LEVEL: readonly (readonly Lwm2mNode['kind'][])[] = [
  ['root'],
  ['object'],
  ['objectInstance'],
  ['singleResource', 'multipleResource'],
  ['resourceInstance'],
];

/** @throws RangeError when a node is not of the level of the path */
export function checkLevel(node: Lwm2mNode, path: Path): void {
  if (KINDS_OF_LEVEL[pathLevel(path)]?.includes(node.kind) === true) return;
  throw new RangeError(`a node of kind ${node.kind} is not what is at ${formatPath(path)}`);
}
