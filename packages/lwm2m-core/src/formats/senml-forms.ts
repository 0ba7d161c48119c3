import { SenmlError } from '@flownexus/senml';
import type { SenmlForm } from '@flownexus/senml';
import { ContentFormat, contentFormatName } from '../content-format.ts';
import { DecodeError, Lwm2mError } from '../errors.ts';
import { decodeError, encodeError } from './format.ts';

/** The Content-Formats of SenML. */
export const SENML_FORMS: ReadonlyMap<number, SenmlForm> = new Map([
  [ContentFormat.SENML_JSON, 'json'],
  [ContentFormat.SENML_CBOR, 'cbor'],
]);

/** The Content-Formats of SenML-ETCH. */
export const ETCH_FORMS: ReadonlyMap<number, SenmlForm> = new Map([
  [ContentFormat.SENML_ETCH_JSON, 'json'],
  [ContentFormat.SENML_ETCH_CBOR, 'cbor'],
]);

/** @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` when it is none of the formats */
export function formOf(forms: ReadonlyMap<number, SenmlForm>, contentFormat: number): SenmlForm {
  const form = forms.get(contentFormat);
  if (form === undefined) throw unsupported(contentFormat);
  return form;
}

/** The error for a Content-Format that is not decoded. */
export function notDecoded(expected: string, contentFormat: number): DecodeError {
  return new DecodeError('ERR_LWM2M_CONTENT_FORMAT', expected, contentFormatName(contentFormat), 0);
}

/** The error for a Content-Format that is not encoded. */
export function unsupported(contentFormat: number): Lwm2mError {
  return new Lwm2mError(
    'ERR_LWM2M_CONTENT_FORMAT',
    `Content-Format ${contentFormatName(contentFormat)} is not supported here`,
  );
}

/** Errors of the SenML package come out as this package's, with the original as the cause. */
export function inWordsOfLwm2m<T>(toError: (error: SenmlError) => Lwm2mError, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SenmlError ? toError(error) : error;
  }
}

export function decodingError(error: SenmlError): DecodeError {
  return decodeError(error.expected, error.found, error.offset ?? 0, error);
}

export function encodingError(error: SenmlError): Lwm2mError {
  return encodeError(error.message, error);
}
