import type { DefinitionSource } from '../definition.ts';
import { Lwm2mError } from '../errors.ts';
import type { ResourceRecord } from '../node.ts';
import type { Path } from '../path.ts';
import type { ResourceType } from '../value.ts';

/** What a decoder of one Content-Format gives. */
export interface DecodedRecords {
  readonly records: readonly ResourceRecord[];
  /** Object Instances and multiple Resources that the payload names, with or without values in them. */
  readonly containers: readonly Path[];
}

/** What the text of a payload depends on beside the request. */
export interface DecodeOptions {
  /**
   * Seconds since 1970 that relative times of SenML count from (RFC 8428 §4.5.3). Without it they are left relative:
   * numbers below 2^28.
   */
  readonly now?: number;
  /** What SenML names start with before the path: the alternate path of the device, or a gateway prefix. */
  readonly namePrefix?: string;
}

export interface EncodeOptions {
  /** What SenML names have to start with before the path: the alternate path of the device, or a gateway prefix. */
  readonly namePrefix?: string;
}

/** The declared type of the Resource that a path names or lies in. */
export function declaredType(path: Path, definitions: DefinitionSource | undefined): ResourceType | undefined {
  const { objectId, resourceId } = path;
  if (definitions === undefined || objectId === undefined || resourceId === undefined) return undefined;
  return definitions.resource(objectId, resourceId)?.type;
}

/** @throws Lwm2mError `ERR_LWM2M_DECODE` unless the path names one value, as formats without ids need it */
export function requireValuePath(path: Path, format: string): void {
  if (path.resourceId === undefined) {
    throw decodeError(`expected the path of a Resource for ${format}, found one above`);
  }
}

export function decodeError(message: string, cause?: unknown): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_DECODE', message, cause === undefined ? {} : { cause });
}

export function encodeError(message: string, cause?: unknown): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_ENCODE', message, cause === undefined ? {} : { cause });
}
