import type { CoapResponse } from '../api.ts';
import type { CoapOption } from '../message.ts';
import { decodeString, decodeUint } from '../option-values.ts';
import { OptionNumber } from '../options.ts';

/** The critical options of responses that this engine acts on. The others that exist are for requests. */
export const UNDERSTOOD_IN_RESPONSES: ReadonlySet<number> = new Set([OptionNumber.BLOCK1, OptionNumber.BLOCK2]);

const NONE: readonly string[] = [];

/** A response as callers get it: the block options are the engine's business. */
export function toResponse(code: number, options: readonly CoapOption[], payload: Uint8Array): CoapResponse {
  let contentFormat: number | undefined;
  let observe: number | undefined;
  let etag: Uint8Array | undefined;
  let maxAge: number | undefined;
  let locationPath: string[] | undefined;
  let locationQuery: string[] | undefined;
  let inBlocks = false;
  for (const { number, value } of options) {
    switch (number) {
      case OptionNumber.ETAG:
        etag ??= value; // a response has one, only requests may have several (RFC 7252 §5.10.6.1)
        break;
      case OptionNumber.OBSERVE:
        observe = decodeUint(value);
        break;
      case OptionNumber.LOCATION_PATH:
        (locationPath ??= []).push(decodeString(value));
        break;
      case OptionNumber.CONTENT_FORMAT:
        contentFormat = decodeUint(value);
        break;
      case OptionNumber.MAX_AGE:
        maxAge = decodeUint(value);
        break;
      case OptionNumber.LOCATION_QUERY:
        (locationQuery ??= []).push(decodeString(value));
        break;
      case OptionNumber.BLOCK1:
      case OptionNumber.BLOCK2:
        inBlocks = true;
    }
  }
  return {
    code,
    contentFormat,
    observe,
    etag,
    maxAge,
    locationPath: locationPath ?? NONE,
    locationQuery: locationQuery ?? NONE,
    options: inBlocks ? options.filter((option) => !isBlockOption(option)) : options,
    payload,
  };
}

function isBlockOption({ number }: CoapOption): boolean {
  return number === OptionNumber.BLOCK1 || number === OptionNumber.BLOCK2;
}
