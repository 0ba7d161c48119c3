import type { Peer } from '@flownexus/datagram';
import { isRequest } from '../code.ts';
import { CoapFormatError } from '../format-error.ts';
import { MessageType, type CoapMessage, type CoapOption } from '../message.ts';
import { decodeUint, findOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import type { Engine } from './engine.ts';
import type { MulticastResponses } from './multicast-responses.ts';
import { receive } from './receive.ts';

/** Whoever takes the requests that are left. */
export interface RequestReceiver {
  onRequest(peer: Peer, message: CoapMessage, responses: MulticastResponses): void;
}

/**
 * Datagrams that came by a group (RFC 7252 §8.1). Only Non-confirmable requests are for us; nothing else that comes this way is
 * answered, not even with a Reset: the group would do so all at once.
 */
export class MulticastIntake {
  readonly #engine: Engine;
  readonly #receiver: RequestReceiver;
  readonly #responses: MulticastResponses;

  constructor(engine: Engine, receiver: RequestReceiver, responses: MulticastResponses) {
    this.#engine = engine;
    this.#receiver = receiver;
    this.#responses = responses;
  }

  /** One datagram. Nothing in it makes this throw. */
  onDatagram(peer: Peer, datagram: Uint8Array): void {
    const { counters, trace } = this.#engine;
    const message = receive(this.#engine, datagram);
    trace?.received(peer, datagram, message, false);
    if (message instanceof CoapFormatError) return;
    if (message.type !== MessageType.NON || !isRequest(message.code) || isPartOfTransfer(message.options)) {
      counters.ignored += 1;
      return;
    }
    this.#receiver.onRequest(peer, withoutObserve(message), this.#responses);
  }
}

/** RFC 7959 §2.8: a group is asked for the first block of a response, and gets no request in blocks. */
function isPartOfTransfer(options: readonly CoapOption[]): boolean {
  if (findOption(options, OptionNumber.BLOCK1) !== undefined) return true;
  const block2 = findOption(options, OptionNumber.BLOCK2)?.value;
  return block2 !== undefined && block2.length <= 3 && decodeUint(block2) >>> 4 > 0;
}

/** An observation of a group is none that RFC 7641 knows: elective, the option counts as not there (RFC 7252 §5.4.1). */
function withoutObserve(message: CoapMessage): CoapMessage {
  if (findOption(message.options, OptionNumber.OBSERVE) === undefined) return message;
  return { ...message, options: message.options.filter(({ number }) => number !== OptionNumber.OBSERVE) };
}
