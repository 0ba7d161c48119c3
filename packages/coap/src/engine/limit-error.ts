import { CoapError } from '../errors.ts';
import type { Engine } from './engine.ts';

/** The error of a bound that is in the way, which is counted (`statistics.limits`). */
export function limitError({ counters }: Pick<Engine, 'counters'>, text: string, responseCode?: number): CoapError {
  counters.limits += 1;
  return new CoapError('ERR_COAP_LIMIT', text, responseCode === undefined ? undefined : { responseCode });
}
