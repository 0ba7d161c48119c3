import type { CoapRequest } from '../api.ts';
import { isRequest } from '../code.ts';
import { MAX_OPTION_LENGTH, MAX_OPTION_NUMBER } from '../limits.ts';
import type { CoapOption } from '../message.ts';
import { buildOptions, checkBytes } from '../option-values.ts';
import { OptionNumber } from '../options.ts';

/** Options that callers and handlers leave to the engine. */
const ENGINE_OPTIONS: ReadonlySet<number> = new Set([
  OptionNumber.OBSERVE,
  OptionNumber.BLOCK1,
  OptionNumber.BLOCK2,
  OptionNumber.SIZE1,
]);

/**
 * The options of a caller's request. Throws `RangeError` for values that don't fit, `TypeError` for a method that is
 * none, a payload that is no bytes, and for options that the engine decides about.
 */
export function baseOptions(request: CoapRequest): readonly CoapOption[] {
  if (!isRequest(request.method)) throw new TypeError(`${request.method} is not a method code`);
  if (request.options !== undefined) checkFurtherOptions(request.options);
  checkPayload(request.payload);
  return buildOptions(request);
}

/** Throws `TypeError` for options that the engine decides about, `RangeError` for what can't be encoded. */
export function checkFurtherOptions(options: readonly CoapOption[]): void {
  for (const { number, value } of options) {
    checkBytes(`option ${number}`, value);
    if (ENGINE_OPTIONS.has(number)) throw new TypeError(`option ${number} is the engine's, not the caller's`);
    if (!Number.isInteger(number) || number < 0 || number > MAX_OPTION_NUMBER || value.length > MAX_OPTION_LENGTH) {
      throw new RangeError(`option ${number} of ${value.length} bytes can't be encoded`);
    }
  }
}

/** Throws `TypeError` for a payload that is no bytes: text would be encoded as zeros. */
export function checkPayload(payload: unknown): void {
  if (payload !== undefined) checkBytes('a payload', payload);
}

/** The resource that a request is about, as a key. */
export function resourceKey(method: number, path: readonly string[], query: readonly string[]): string {
  return JSON.stringify([method, path, query]);
}
