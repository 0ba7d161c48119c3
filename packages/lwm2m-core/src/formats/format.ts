import type { DefinitionSource } from '../definition.ts';
import { DecodeError, Lwm2mError } from '../errors.ts';
import type { ResourceRecord } from '../node.ts';
import type { Path } from '../path.ts';
import type { ResourceType } from '../value.ts';

/** What a decoder of one Content-Format gives. */
export interface DecodedRecords {
  readonly records: readonly ResourceRecord[];
  /** Object Instances and multiple Resources that the payload names though nothing is in them. */
  readonly containers: readonly Path[];
}

/** A deviation that was tolerated. */
export interface DecodeWarning {
  /** Whose value deviates. */
  readonly path: Path;
  /** What was expected and what was found, in words. */
  readonly message: string;
}

/** What a payload depends on beside the request. */
export interface DecodeOptions {
  /**
   * Seconds since 1970 that relative times of SenML count from (RFC 8428 §4.5.3). Without it they are left relative:
   * numbers below 2^28.
   */
  readonly now?: number;
  /** The alternate path of the device, with which names start (TS Transport §6.4.1); `/` when absent. */
  readonly rootPath?: string;
  /**
   * Hears of values that are not what the definitions say, in type or range: devices deviate in small ways, and nothing is
   * refused or lost for that.
   */
  readonly onWarning?: (warning: DecodeWarning) => void;
}

export interface EncodeOptions {
  /** The alternate path of the device, with which names start (TS Transport §6.4.1); `/` when absent. */
  readonly rootPath?: string;
}

/** The declared type of the Resource that a path names or lies in. */
export function declaredType(path: Path, definitions: DefinitionSource | undefined): ResourceType | undefined {
  const { objectId, resourceId } = path;
  if (definitions === undefined || objectId === undefined || resourceId === undefined) return undefined;
  return definitions.resource(objectId, resourceId)?.type;
}

/** @throws DecodeError unless the path names one value, as formats without ids need it */
export function requireValuePath(path: Path, format: string): void {
  if (path.resourceId === undefined) {
    throw decodeError(`the path of a Resource for ${format}`, 'one above', 0);
  }
}

/** The error for what a payload has at the offset, in bytes. */
export function decodeError(expected: string, found: string, offset: number, cause?: unknown): DecodeError {
  return new DecodeError('ERR_LWM2M_DECODE', expected, found, offset, cause === undefined ? {} : { cause });
}

/** The error for a value in a format that does not describe itself, where it would be read as another. */
export function wrongType(format: string, declared: ResourceType | undefined): Lwm2mError {
  return encodeError(`expected a value of type ${String(declared)} for ${format}, found another`);
}

export function encodeError(message: string, cause?: unknown): Lwm2mError {
  return new Lwm2mError('ERR_LWM2M_ENCODE', message, cause === undefined ? {} : { cause });
}
