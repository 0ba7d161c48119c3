import {
  compositeFormatFor,
  ContentFormat,
  encodePathList,
  parsePath,
  type EncodedForEndpoint,
  type EndpointFormats,
  type Path,
} from '@flownexus/lwm2m-core';
import type { Registration } from '../registration/registration.ts';
import { encodeFirst } from './format-fallback.ts';

/**
 * The formats for a composite operation with an endpoint, the best first. Those of SenML-ETCH are for endpoints that announced them,
 * and for what removes Resource Instances (TS Core 1.2 §6.3.10).
 */
export function compositeFormats(endpoint: EndpointFormats, removes = false): readonly number[] {
  const others = removes
    ? [ContentFormat.SENML_ETCH_CBOR, ContentFormat.SENML_ETCH_JSON]
    : [ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON];
  return [...new Set([compositeFormatFor(endpoint, removes), ...others])];
}

/**
 * The format of the answer to a composite request. It is the one of the request, since Zephyr reads a request in the format of its
 * Accept; SenML-ETCH has no values, so that it is SenML of the same kind there (TS Core 1.2 §6.3.8).
 */
export function answerFormatFor(contentFormat: number): number {
  if (contentFormat === ContentFormat.SENML_ETCH_CBOR) return ContentFormat.SENML_CBOR;
  if (contentFormat === ContentFormat.SENML_ETCH_JSON) return ContentFormat.SENML_JSON;
  return contentFormat;
}

/** The Accept of a composite request in a format: what the caller wants, else that of its answer. */
export function compositeAccept(accept: number | null | undefined, contentFormat: number): number | undefined {
  return accept === null ? undefined : (accept ?? answerFormatFor(contentFormat));
}

/**
 * The paths of a composite operation: any, the root included.
 *
 * @throws RangeError when there are none
 * @throws Lwm2mError `ERR_LWM2M_PATH` for text that does not parse
 */
export function compositePaths(paths: readonly string[]): readonly Path[] {
  if (paths.length === 0) throw new RangeError('a composite operation is of one path at least');
  return paths.map(parsePath);
}

/** Encodes the list of paths of a composite request in the best format that the endpoint has not refused. */
export function encodePathListUnless(
  refused: readonly number[],
  paths: readonly Path[],
  registration: Registration,
): EncodedForEndpoint {
  const { rootPath } = registration;
  const candidates = compositeFormats(registration).filter((format) => !refused.includes(format));
  return encodeFirst(candidates, (format) => encodePathList(paths, format, { rootPath }));
}
