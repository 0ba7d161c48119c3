import { codeClass } from '../code.ts';
import type { CoapOption } from '../message.ts';
import { OptionNumber } from '../options.ts';
import { rareOption } from './rare-option.ts';

/**
 * Whether the request wants no response of the class of `code` (RFC 7967 §2.1): bit 1 stands for 2.xx, bit 3 for 4.xx, bit 4
 * for 5.xx. An option that is longer than a byte counts as not there (RFC 7252 §5.4.3).
 */
export function isUnwanted(options: readonly CoapOption[], code: number): boolean {
  const option = rareOption(options, OptionNumber.NO_RESPONSE);
  if (option === undefined || option.value.length !== 1) return false;
  return (((option.value[0] ?? 0) >>> (codeClass(code) - 1)) & 1) === 1;
}
