import type { DefinitionSource } from '../definition.ts';
import type { ResourceChange, ResourceRecord } from '../node.ts';
import { ROOT_PATH, toPath } from '../path.ts';
import type { Path, PathLike } from '../path.ts';
import { reportDeviations } from './deviations.ts';
import { encodeError } from './format.ts';
import type { DecodeOptions, EncodeOptions } from './format.ts';
import { decodePayload } from './payload.ts';
import { decodeFetch, decodePatchPack, encodeFetch, encodePatchPack } from './senml-etch.ts';
import {
  decodingError,
  encodingError,
  ETCH_FORMS,
  formOf,
  inWordsOfLwm2m,
  notDecoded,
  SENML_FORMS,
} from './senml-forms.ts';
import { decodeSenmlPaths, encodeSenml, encodeSenmlPaths } from './senml.ts';

/**
 * Decodes the list of paths that a Read-Composite or Observe-Composite asks for: SenML without values, or a Fetch Pack
 * of SenML-ETCH.
 *
 * @throws DecodeError `ERR_LWM2M_CONTENT_FORMAT` for other formats, `ERR_LWM2M_DECODE` when it is no list of paths
 */
export function decodePathList(bytes: Uint8Array, contentFormat: number, options: DecodeOptions = {}): Path[] {
  const form = SENML_FORMS.get(contentFormat);
  const etchForm = ETCH_FORMS.get(contentFormat);
  if (etchForm !== undefined) return inWordsOfLwm2m(decodingError, () => decodeFetch(bytes, etchForm, options));
  if (form === undefined) throw notDecoded('a Content-Format of lists of paths', contentFormat);
  return inWordsOfLwm2m(decodingError, () => decodeSenmlPaths(bytes, form, options));
}

/**
 * Encodes the list of paths for a Read-Composite or Observe-Composite. SenML has each as a whole name, SenML-ETCH the base
 * name that they share.
 *
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for other formats, `ERR_LWM2M_ENCODE` for a Fetch Pack without paths
 */
export function encodePathList(
  paths: readonly PathLike[],
  contentFormat: number,
  options: EncodeOptions = {},
): Uint8Array {
  const at = paths.map(toPath);
  const etchForm = ETCH_FORMS.get(contentFormat);
  if (etchForm === undefined) return encodeSenmlPaths(at, formOf(SENML_FORMS, contentFormat), options);
  return inWordsOfLwm2m(encodingError, () => encodeFetch(at, etchForm, options));
}

/**
 * Decodes what a Write-Composite does: values to write, and with SenML-ETCH Resource Instances to remove.
 *
 * @throws DecodeError `ERR_LWM2M_CONTENT_FORMAT` for other formats than SenML and SenML-ETCH, `ERR_LWM2M_DECODE`
 */
export function decodeChanges(
  bytes: Uint8Array,
  contentFormat: number,
  definitions?: DefinitionSource,
  options: DecodeOptions = {},
): readonly ResourceChange[] {
  const form = ETCH_FORMS.get(contentFormat);
  if (form !== undefined) {
    const changes = inWordsOfLwm2m(decodingError, () => decodePatchPack(bytes, form, definitions, options));
    reportDeviations(changes.filter(isValue), definitions, options);
    return changes;
  }
  if (SENML_FORMS.has(contentFormat))
    return decodePayload(bytes, contentFormat, ROOT_PATH, definitions, options).records;
  throw notDecoded('a Content-Format of composite writes', contentFormat);
}

/**
 * Encodes the values of a Write-Composite, and for SenML-ETCH the Resource Instances that it removes.
 *
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for other formats than SenML and SenML-ETCH, `ERR_LWM2M_ENCODE` for a
 * removal in SenML, and when there is no form for a value
 * @throws RangeError, TypeError as {@link encodePayload}
 */
export function encodeChanges(
  changes: readonly ResourceChange[],
  contentFormat: number,
  definitions?: DefinitionSource,
  options: EncodeOptions = {},
): Uint8Array {
  const etchForm = ETCH_FORMS.get(contentFormat);
  if (etchForm !== undefined) {
    return inWordsOfLwm2m(encodingError, () => encodePatchPack(changes, etchForm, definitions, options));
  }
  const form = formOf(SENML_FORMS, contentFormat);
  const records = changes.filter(isValue);
  if (records.length < changes.length) throw encodeError('expected SenML-ETCH for a removal, found SenML');
  return inWordsOfLwm2m(encodingError, () => encodeSenml(records, form, ROOT_PATH, definitions, options));
}

function isValue(change: ResourceChange): change is ResourceRecord {
  return change.value !== null;
}
