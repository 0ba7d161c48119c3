import { Code } from '@flownexus/coap';
import { ContentFormat, contentFormatName, describeContentFormat, type Path } from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import type { Capabilities, Device, Lwm2mVersion } from './device.ts';
import { badRequest, unsupportedFormat } from './refuse.ts';

/** The formats of a version, in the order of preference of Zephyr (1.1), and of the most compact first (1.0, 1.2). */
const FORMATS_OF_VERSION: Readonly<Record<Lwm2mVersion, readonly number[]>> = {
  '1.0': [ContentFormat.TLV, ContentFormat.OMA_JSON, ContentFormat.TEXT, ContentFormat.OPAQUE],
  '1.1': [
    ContentFormat.SENML_CBOR,
    ContentFormat.SENML_JSON,
    ContentFormat.TLV,
    ContentFormat.OMA_JSON,
    ContentFormat.CBOR,
    ContentFormat.TEXT,
    ContentFormat.OPAQUE,
  ],
  '1.2': [
    ContentFormat.SENML_CBOR,
    ContentFormat.LWM2M_CBOR,
    ContentFormat.SENML_JSON,
    ContentFormat.TLV,
    ContentFormat.OMA_JSON,
    ContentFormat.CBOR,
    ContentFormat.TEXT,
    ContentFormat.OPAQUE,
    ContentFormat.SENML_ETCH_CBOR,
    ContentFormat.SENML_ETCH_JSON,
  ],
};

/** The Content-Formats that a device has which says nothing else. */
export function defaultContentFormats(version: Lwm2mVersion): readonly number[] {
  return FORMATS_OF_VERSION[version];
}

/**
 * The format for an answer with values.
 *
 * @throws Refusal 4.06 for one that the device does not have
 */
export function answerFormat(device: Capabilities, accept: number | undefined): number {
  const forValues = device.contentFormats.filter((each) => describeContentFormat(each)?.values !== 'none');
  const contentFormat = accept ?? forValues[0] ?? ContentFormat.TLV;
  if (forValues.includes(contentFormat)) return contentFormat;
  throw new Refusal(Code.NOT_ACCEPTABLE, `no answer in ${contentFormatName(contentFormat)}`);
}

/**
 * The format of values that are written to the path.
 *
 * @throws Refusal 4.00 when the request has none, 4.15 for one that the device does not have or that holds no such values
 */
export function writtenFormat(device: Device, contentFormat: number | undefined, path: Path): number {
  if (contentFormat === undefined) throw badRequest('values without a Content-Format');
  const name = contentFormatName(contentFormat);
  const description = describeContentFormat(contentFormat);
  if (!device.contentFormats.includes(description?.aliasOf ?? contentFormat)) throw unsupportedFormat(`no ${name}`);
  // TS Core §7.4: a format for one value can hold neither an Object Instance nor a multiple Resource.
  const { objectId = -1, resourceId, resourceInstanceId } = path;
  if (description?.values === 'one') {
    const isOne =
      resourceInstanceId !== undefined ||
      (resourceId !== undefined && device.tree.definitions.resource(objectId, resourceId)?.multiple !== true);
    if (!isOne) throw unsupportedFormat(`${name} holds one value`);
  }
  return contentFormat;
}
