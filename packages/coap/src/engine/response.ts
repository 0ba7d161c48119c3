import type { CoapResponse } from '../api.ts';
import type { CoapOption } from '../message.ts';
import { uintOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';

/** The critical options of responses that this engine acts on. The others that exist are for requests. */
export const UNDERSTOOD_IN_RESPONSES: ReadonlySet<number> = new Set([OptionNumber.BLOCK1, OptionNumber.BLOCK2]);

/** A response as callers get it: the block options are the engine's business. */
export function toResponse(code: number, options: readonly CoapOption[], payload: Uint8Array): CoapResponse {
  return {
    code,
    contentFormat: uintOption(options, OptionNumber.CONTENT_FORMAT),
    observe: uintOption(options, OptionNumber.OBSERVE),
    options: options.some(isBlockOption) ? options.filter((option) => !isBlockOption(option)) : options,
    payload,
  };
}

function isBlockOption({ number }: CoapOption): boolean {
  return number === OptionNumber.BLOCK1 || number === OptionNumber.BLOCK2;
}
