import { Code, type CoapRequest } from '@flownexus/coap';
import { ContentFormat } from '@flownexus/lwm2m-core';
import type { Lwm2mVersion } from '../operations/device.ts';

/** The formats that a Bootstrap-Request may prefer (TS Core §6.1.7.1). */
const PREFERRED: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.LWM2M_CBOR,
  ContentFormat.TLV,
];

/** The formats of a Bootstrap-Pack (TS Core 1.2 §6.1.7.7). */
const OF_PACKS: readonly number[] = [ContentFormat.SENML_CBOR, ContentFormat.LWM2M_CBOR, ContentFormat.SENML_JSON];

/** A Bootstrap-Request; since LwM2M 1.1 with the format that the device likes best. */
export function bootstrapRequest(
  endpointName: string | undefined,
  lwm2mVersion: Lwm2mVersion,
  contentFormats: readonly number[],
): CoapRequest {
  const preferred = contentFormats.find((format) => PREFERRED.includes(format));
  const isTold = preferred !== undefined && lwm2mVersion !== '1.0';
  return {
    method: Code.POST,
    path: ['bs'],
    query: [...nameItem(endpointName), ...(isTold ? [`pct=${preferred}`] : [])],
  };
}

/** A Bootstrap-Pack-Request; undefined when the device has no format for it. ETS 1.2-int-12 has the format in the query, Anjay as Accept. */
export function bootstrapPackRequest(
  endpointName: string | undefined,
  contentFormats: readonly number[],
): CoapRequest | undefined {
  const format = contentFormats.find((each) => OF_PACKS.includes(each));
  if (format === undefined) return undefined;
  return { method: Code.GET, path: ['bspack'], query: [...nameItem(endpointName), `acc=${format}`], accept: format };
}

/** A server that knows the device by its proven identity needs no name (TS Core §6.1.7.1). */
function nameItem(endpointName: string | undefined): readonly string[] {
  return endpointName === undefined ? [] : [`ep=${endpointName}`];
}
