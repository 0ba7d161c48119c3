import type { CoapOption } from '../message.ts';

/**
 * The first option with a high number in a list in ascending order. It looks from the end: in a request without such
 * options, as nearly all are, it ends at once.
 */
export function rareOption(options: readonly CoapOption[], number: number): CoapOption | undefined {
  let found: CoapOption | undefined;
  for (let index = options.length - 1; index >= 0; index--) {
    const option = options[index];
    if (option === undefined || option.number < number) break;
    if (option.number === number) found = option;
  }
  return found;
}
