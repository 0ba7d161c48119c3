import { ContentFormat } from '@flownexus/lwm2m-core';

/**
 * The Content-Formats in which Object Instances are written, and which a device may prefer (TS Core §6.1.7). The one that every device of every version has is the first
 * (TS Core §7.4).
 */
export const WRITE_FORMATS: readonly number[] = [
  ContentFormat.TLV,
  ContentFormat.SENML_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.LWM2M_CBOR,
];

/** The formats of a pack (TS Core 1.2 §6.1.7), the one for a device that asks for none first. */
export const PACK_FORMATS: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.LWM2M_CBOR,
];
