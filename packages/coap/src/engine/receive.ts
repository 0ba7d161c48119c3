import { decodeMessage } from '../codec.ts';
import { CoapFormatError } from '../format-error.ts';
import type { CoapMessage } from '../message.ts';
import type { Engine } from './engine.ts';

/** The message in a datagram that came, or what is wrong with it; both are counted. Nothing in the datagram makes this throw. */
export function receive({ counters }: Pick<Engine, 'counters'>, datagram: Uint8Array): CoapMessage | CoapFormatError {
  counters.received += 1;
  try {
    return decodeMessage(datagram);
  } catch (error) {
    if (!(error instanceof CoapFormatError)) throw error;
    counters.formatErrors += 1;
    return error;
  }
}
