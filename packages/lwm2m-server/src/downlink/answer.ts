import { Code, codeClass, CoapError, formatCode, type CoapResponse } from '@flownexus/coap';
import type { Clock } from '@flownexus/datagram';
import { decodePayload, formatPath, type DecodedPayload, type ObjectRegistry, type Path } from '@flownexus/lwm2m-core';
import { Lwm2mServerError, OperationRejectedError, type Lwm2mServerErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Registration } from '../registration/registration.ts';
import { impliedContentFormat } from './accept.ts';

/** A decoded 2.05, and the format it came in. */
export interface DecodedContent extends DecodedPayload {
  readonly contentFormat: number;
}

/**
 * The code of a response as text, which is one of those expected.
 *
 * @throws OperationRejectedError for 4.xx and 5.xx, Lwm2mServerError `…_RESPONSE` for any other code
 */
export function expectCode(response: CoapResponse, ...expected: readonly number[]): string {
  const code = formatCode(response.code);
  if (expected.includes(response.code)) return code;
  const message = `expected ${expected.map(formatCode).join(' or ')}, the device answered ${code}`;
  throw rejection(response) ?? new Lwm2mServerError('ERR_LWM2M_SERVER_RESPONSE', message);
}

/** @throws OperationRejectedError for 4.xx and 5.xx, Lwm2mServerError `…_RESPONSE` for any other code than 2.05 */
export function checkContent(response: CoapResponse): void {
  expectCode(response, Code.CONTENT);
}

/** The error that a response with an error code means; undefined for a success. */
export function rejection(response: CoapResponse): OperationRejectedError | undefined {
  if (codeClass(response.code) < 4) return undefined;
  return new OperationRejectedError(formatCode(response.code), diagnosticOf(response));
}

/** RFC 7252 §5.5.2: text for people, when there is no Content-Format. */
function diagnosticOf({ payload, contentFormat }: CoapResponse): string | undefined {
  if (payload.length === 0 || (contentFormat !== undefined && contentFormat !== 0)) return undefined;
  return new TextDecoder().decode(payload.subarray(0, limits.maxDiagnosticLength));
}

/** What decoding needs beside the payload. */
export interface DecodingContext {
  readonly objects: ObjectRegistry;
  readonly clock: Clock;
}

/**
 * Decodes the payload of a 2.05 with the Object versions of the endpoint. Names begin below its root path, and times
 * that are relative count from now.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_PAYLOAD` with the decoder's error as `cause`
 */
export function decodeContent(
  response: Pick<CoapResponse, 'payload' | 'contentFormat'>,
  accept: number | undefined,
  path: Path,
  { objectVersions, rootPath }: Pick<Registration, 'objectVersions' | 'rootPath'>,
  { objects, clock }: DecodingContext,
): DecodedContent {
  const contentFormat = response.contentFormat ?? impliedContentFormat(accept, path);
  return decoding(path, () => {
    const definitions = objects.forVersions(objectVersions);
    const now = clock.wallTime() / 1000;
    const { node, records } = decodePayload(response.payload, contentFormat, path, definitions, { now, rootPath });
    return { contentFormat, node, records };
  });
}

/** Decodes the payload for a path. @throws Lwm2mServerError `ERR_LWM2M_SERVER_PAYLOAD` with what `decode` throws as `cause` */
export function decoding<T>(path: Path, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    const message = `the payload for ${formatPath(path)} does not decode: ${reason}`;
    throw new Lwm2mServerError('ERR_LWM2M_SERVER_PAYLOAD', message, { cause });
  }
}

const EXCHANGE_CODES: Readonly<Partial<Record<string, Lwm2mServerErrorCode>>> = {
  ERR_COAP_TIMEOUT: 'ERR_LWM2M_SERVER_TIMEOUT',
  ERR_COAP_ABORTED: 'ERR_LWM2M_SERVER_ABORTED',
};

/** Runs CoAP exchanges; their failures come out in the words of this package. */
export async function inExchange<T>(endpointName: string, exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    if (!(error instanceof CoapError)) throw error;
    const code = EXCHANGE_CODES[error.code] ?? 'ERR_LWM2M_SERVER_EXCHANGE';
    throw new Lwm2mServerError(code, `${endpointName}: ${error.message}`, { cause: error });
  }
}
