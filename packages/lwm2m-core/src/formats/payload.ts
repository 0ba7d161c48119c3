import { ContentFormat, describeContentFormat } from '../content-format.ts';
import type { DefinitionSource } from '../definition.ts';
import { MAX_PAYLOAD_LENGTH } from '../limits.ts';
import type { DecodedPayload, Lwm2mNode, ResourceRecord } from '../node.ts';
import { pathOfNode, recordsFromNode } from '../node-tree.ts';
import { toPath } from '../path.ts';
import type { Path, PathLike } from '../path.ts';
import { treeOf } from '../tree-reader.ts';
import { encodableValue, isOfType } from '../typed-value.ts';
import type { EncodableValue, TypedValue } from '../typed-value.ts';
import type { ResourceType } from '../value.ts';
import { decodeCborValue, encodeCborValue } from './cbor.ts';
import { declaredType, decodeError, encodeError, requireValuePath, wrongType } from './format.ts';
import type { DecodedRecords, DecodeOptions, EncodeOptions } from './format.ts';
import { reportDeviations } from './deviations.ts';
import { encodeLwm2mCbor } from './lwm2m-cbor-encode.ts';
import { decodeLwm2mCbor } from './lwm2m-cbor.ts';
import { decodeOmaJson, encodeOmaJson } from './oma-json.ts';
import { decodeOpaque, encodeOpaque } from './opaque.ts';
import { decodeSenml, encodeSenml } from './senml.ts';
import {
  decodingError,
  encodingError,
  formOf,
  inWordsOfLwm2m,
  notDecoded,
  SENML_FORMS,
  unsupported,
} from './senml-forms.ts';
import { decodeText, encodeText } from './text.ts';
import { decodeTlv, encodeTlv } from './tlv.ts';

/**
 * Decodes the payload that answers a request at the path, or that is written to it. With definitions, values have the
 * types that the Resources have. Where a value does not fit, or without definitions, it has the type that the payload
 * shows, and nothing is dropped: formats that describe themselves, which TLV and text do not. A payload of no bytes is an
 * empty tree in a format for trees. All formats that hold values are read, with the numbers from before their registration
 * too.
 *
 * @param contentFormat the number of the option
 * @param path what was requested; `/` for composites and Send
 * @throws DecodeError `ERR_LWM2M_CONTENT_FORMAT` for other formats, `ERR_LWM2M_DECODE` for a payload that is not of its
 * format or does not belong at the path, `ERR_LWM2M_PATH` for a path that does not parse
 */
export function decodePayload(
  bytes: Uint8Array,
  contentFormat: number,
  path: PathLike,
  definitions?: DefinitionSource,
  options: DecodeOptions = {},
): DecodedPayload {
  const at = toPath(path);
  if (bytes.length > MAX_PAYLOAD_LENGTH) {
    throw decodeError(`at most ${String(MAX_PAYLOAD_LENGTH)} bytes`, 'more', MAX_PAYLOAD_LENGTH);
  }
  return inWordsOfLwm2m(decodingError, () => {
    const { records, containers } = decodeFormat(bytes, contentFormat, at, definitions, options);
    reportDeviations(records, definitions, options);
    return { node: treeOf(records, at, definitions, containers), records };
  });
}

/**
 * Encodes a node for a request or response at the path, which is that of the node or, as for a Create, of its parent.
 * With definitions, numbers take the type that the Resource has.
 *
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for a format that is not written, `ERR_LWM2M_ENCODE` when the format has
 * no form for the node
 * @throws RangeError when the node does not belong at the path, or a value is out of the range of its type
 * @throws TypeError when a value is not one of its type
 */
export function encodePayload(
  node: Lwm2mNode,
  contentFormat: number,
  path: PathLike,
  definitions?: DefinitionSource,
  options: EncodeOptions = {},
): Uint8Array {
  const at = toPath(path);
  switch (contentFormat) {
    case ContentFormat.TLV:
      return encodeTlv(node, at, definitions);
    case ContentFormat.LWM2M_CBOR:
      return encodeLwm2mCbor(node, at, definitions);
    case ContentFormat.SENML_JSON:
    case ContentFormat.SENML_CBOR:
    case ContentFormat.OMA_JSON:
      return encodeRecords(recordsFromNode(node, at), contentFormat, at, definitions, options);
    case ContentFormat.TEXT:
      return encodeText(textValue(node, at, definitions));
    case ContentFormat.OPAQUE:
      return encodeOpaque(singleValue(node, at, definitions).value);
    case ContentFormat.CBOR: {
      const { value, type } = singleValue(node, at, definitions);
      return encodeCborValue(value, type === 'time');
    }
    default:
      throw unsupported(contentFormat);
  }
}

/**
 * Encodes records, with their times, in one of the SenML formats or OMA JSON: what a node can not hold, such as several
 * values of one Resource.
 *
 * @throws Lwm2mError `ERR_LWM2M_CONTENT_FORMAT` for other formats, `ERR_LWM2M_ENCODE` when there is no form for a value
 * @throws RangeError, TypeError as {@link encodePayload}
 */
export function encodeRecords(
  records: readonly ResourceRecord[],
  contentFormat: number,
  path: PathLike,
  definitions?: DefinitionSource,
  options: EncodeOptions = {},
): Uint8Array {
  const at = toPath(path);
  if (contentFormat === ContentFormat.OMA_JSON) return encodeOmaJson(records, at, definitions, options);
  const form = formOf(SENML_FORMS, contentFormat);
  return inWordsOfLwm2m(encodingError, () => encodeSenml(records, form, at, definitions, options));
}

function decodeFormat(
  bytes: Uint8Array,
  contentFormat: number,
  path: Path,
  definitions: DefinitionSource | undefined,
  options: DecodeOptions,
): DecodedRecords {
  const description = describeContentFormat(contentFormat);
  // TS Core §6.3.1: the answer to a Read may be empty, whatever its format. Leshan takes no bytes so, too.
  if (bytes.length === 0 && description?.values === 'many') return { records: [], containers: [] };
  switch (description?.aliasOf ?? contentFormat) {
    case ContentFormat.TLV:
      return decodeTlv(bytes, path, definitions);
    case ContentFormat.SENML_JSON:
      return decodeSenml(bytes, 'json', path, definitions, options);
    case ContentFormat.SENML_CBOR:
      return decodeSenml(bytes, 'cbor', path, definitions, options);
    case ContentFormat.LWM2M_CBOR:
      return decodeLwm2mCbor(bytes, path, definitions);
    case ContentFormat.OMA_JSON:
      return decodeOmaJson(bytes, path, definitions, options);
    case ContentFormat.TEXT:
      requireValuePath(path, 'text');
      return oneRecord(path, decodeText(bytes, declaredType(path, definitions)));
    case ContentFormat.OPAQUE:
      requireValuePath(path, 'opaque');
      return oneRecord(path, decodeOpaque(bytes));
    case ContentFormat.CBOR:
      requireValuePath(path, 'CBOR');
      return oneRecord(path, decodeCborValue(bytes, declaredType(path, definitions)));
    default:
      throw notDecoded('a Content-Format of values', contentFormat);
  }
}

function oneRecord(path: Path, { type, value }: TypedValue): DecodedRecords {
  return { records: [{ path, type, value, time: undefined }], containers: [] };
}

function textValue(node: Lwm2mNode, path: Path, definitions: DefinitionSource | undefined): EncodableValue {
  const { value, type } = singleValue(node, path, definitions);
  const isTimeWithFraction = type === 'time' && value.kind === 'float';
  if (!isTimeWithFraction && !isOfType(value, type)) throw wrongType('text', type);
  return value;
}

function singleValue(
  node: Lwm2mNode,
  path: Path,
  definitions: DefinitionSource | undefined,
): { readonly value: EncodableValue; readonly type: ResourceType } {
  if (node.kind !== 'singleResource' && node.kind !== 'resourceInstance') {
    throw encodeError(`expected one value for the format, found a node of kind ${node.kind}`);
  }
  const declared = declaredType(pathOfNode(node, path), definitions);
  return { value: encodableValue(node.type, node.value, declared), type: declared ?? node.type };
}
