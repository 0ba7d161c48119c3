import {
  blockSize,
  Code,
  type CoapMessage,
  type CoapOption,
  decodeBlock,
  decodeMessage,
  encodeBlock,
  encodeUint,
  isRequest,
  MessageType,
  OptionNumber,
} from '../../src/index.ts';
import { body, bytes, opt } from '../scenarios/world.ts';
import { mutate, splice, type Mutation } from './mutations.ts';

const NO_BYTES = new Uint8Array(0);
const SZX = 0;

/** What a peer does next. */
export type Move =
  | 'answer'
  | 'get'
  | 'large'
  | 'source'
  | 'separate'
  | 'fresh'
  | 'observe'
  | 'routed'
  | 'conditional'
  | 'upload'
  | 'notify'
  | 'repeat'
  | 'splice';
export const moves: readonly Move[] = [
  'answer',
  'get',
  'large',
  'source',
  'separate',
  'fresh',
  'observe',
  'routed',
  'conditional',
  'upload',
  'notify',
  'repeat',
  'splice',
];

/**
 * A peer that knows what the right answer to everything is, in both roles: it acknowledges, serves resources in blocks,
 * accepts observations and notifies, uploads and downloads. What it says can then be changed on its way.
 */
export class HostilePeer {
  readonly #sent: Uint8Array[] = [];
  /** Messages of the endpoint that have not been answered. */
  readonly #heard: CoapMessage[] = [];
  /** Tokens under which the endpoint observes. */
  readonly #observations: Uint8Array[] = [];
  /** The latest Echo of a 4.01. */
  #echo: CoapOption | undefined;
  readonly #upload = body(70);
  #messageId = 0x100;
  #token = 0;
  #observe = 1;

  hear(datagrams: readonly Uint8Array[]): void {
    for (const datagram of datagrams) {
      // In a group it hears itself.
      if (this.#sent.some((own) => Buffer.compare(own, datagram) === 0)) continue;
      const message = decodeMessage(datagram);
      this.#echo = message.options.find(({ number }) => number === OptionNumber.ECHO) ?? this.#echo;
      this.#heard.push(message);
    }
  }

  /** What it says now: nothing when there is nothing to say. */
  say(move: Move, mutation: Mutation, which: number): Uint8Array | undefined {
    const datagram = this.#compose(move, mutation, which);
    if (datagram !== undefined) this.#sent.push(datagram);
    return datagram;
  }

  #compose(move: Move, mutation: Mutation, which: number): Uint8Array | undefined {
    if (move === 'repeat') return this.#sent.at(which % Math.max(1, this.#sent.length));
    if (move === 'splice') {
      const [a, b] = [this.#sent.at(which % Math.max(1, this.#sent.length)), this.#sent.at(-1)];
      return a && b && splice(a, b, which, which >>> 4);
    }
    const message = this.#message(move, which);
    return message && mutate(message, mutation);
  }

  #message(move: Exclude<Move, 'repeat' | 'splice'>, which: number): CoapMessage | undefined {
    switch (move) {
      case 'answer':
        return this.#answerNext(which);
      case 'notify': {
        const token = this.#observations.at(which % Math.max(1, this.#observations.length));
        return (
          token && this.#content(this.#own(which, Code.CONTENT, token), this.#observe++, body((which % 4) * 12), 0)
        );
      }
      case 'get':
        return this.#request(which, Code.GET, opt.path('small'));
      case 'large':
        return this.#request(which, Code.GET, [...opt.path('large'), opt.block2(which % 3, false, SZX)]);
      case 'source':
        return this.#request(which, Code.GET, [...opt.path('source'), opt.block2(which % 5, false, SZX)]);
      case 'fresh': {
        const echo = which % 4 === 3 || this.#echo === undefined ? [] : [this.#echo];
        return this.#uploadBlock(which % 5, this.#request(which, Code.PUT, [...opt.path('fresh'), ...echo]));
      }
      case 'routed':
        return this.#request(which, Code.GET, [...opt.path('r', 'value'), opt.observe(which % 8 === 7 ? 1 : 0)]);
      case 'conditional':
        return this.#request(which, which % 16 === 15 ? Code.DELETE : Code.PUT, [
          opt.raw(OptionNumber.IF_MATCH, which % 2 === 0 ? '' : 'x'),
          opt.raw(OptionNumber.NO_RESPONSE, which % 5 === 4 ? '\u0002' : ''),
          ...opt.path('r', 'value'),
        ]);
      case 'separate':
        return this.#request(which, Code.POST, opt.path('separate'));
      case 'observe':
        return this.#request(which, Code.GET, [...opt.path('observed'), opt.observe(which % 4 === 3 ? 1 : 0)]);
      case 'upload':
        return this.#uploadBlock(which % 5, this.#request(which, Code.PUT, opt.path('upload')));
    }
  }

  #own(which: number, code: number, token: Uint8Array): CoapMessage {
    const type = which % 3 === 0 ? MessageType.NON : MessageType.CON;
    return { type, code, messageId: this.#messageId++ & 0xffff, token, options: [], payload: NO_BYTES };
  }

  #request(which: number, code: number, options: readonly CoapOption[]): CoapMessage {
    return { ...this.#own(which, code, bytes(`t${this.#token++ % 5}`)), options: sorted(options) };
  }

  #uploadBlock(num: number, request: CoapMessage): CoapMessage {
    const size = blockSize(SZX);
    const payload = this.#upload.subarray(num * size, (num + 1) * size);
    const more = (num + 1) * size < this.#upload.length;
    return { ...request, options: sorted([...request.options, opt.block1(num, more, SZX)]), payload };
  }

  #answerNext(which: number): CoapMessage | undefined {
    for (let message = this.#heard.shift(); message !== undefined; message = this.#heard.shift()) {
      const answer = this.#answer(message, which);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Undefined for what ends a conversation. */
  #answer(message: CoapMessage, which: number): CoapMessage | undefined {
    if (isRequest(message.code)) return this.#respond(message, which);
    if (message.type !== MessageType.CON) return this.#nextBlock(message);
    const type = which % 8 === 7 ? MessageType.RST : MessageType.ACK;
    return { type, code: Code.EMPTY, messageId: message.messageId, token: NO_BYTES, options: [], payload: NO_BYTES };
  }

  /** The request for the block after the one that the endpoint served or took. */
  #nextBlock({ options }: CoapMessage): CoapMessage | undefined {
    const taken = options.find(({ number }) => number === OptionNumber.BLOCK1);
    const served = options.find(({ number }) => number === OptionNumber.BLOCK2);
    if (taken !== undefined) {
      return this.#uploadBlock((decodeBlock(taken.value).num + 1) % 5, this.#request(1, Code.PUT, opt.path('upload')));
    }
    if (served === undefined) return undefined;
    const next = opt.block2(decodeBlock(served.value).num + 1, false, SZX);
    return this.#request(1, Code.GET, [...opt.path('large'), next]);
  }

  /** The right response: in the ACK, or by itself. */
  #respond(request: CoapMessage, which: number): CoapMessage {
    const separate = which % 4 === 3 || request.type === MessageType.NON;
    const type = separate ? MessageType.CON : MessageType.ACK;
    const messageId = separate ? this.#messageId++ & 0xffff : request.messageId;
    const response = { type, messageId, code: Code.CONTENT, token: request.token, options: [], payload: NO_BYTES };
    if (which % 12 === 11) return { ...response, code: Code.UNAUTHORIZED, options: [opt.raw(OptionNumber.ECHO, 'e')] };
    const value = (number: number): Uint8Array | undefined =>
      request.options.find((option) => option.number === number)?.value;
    const block1 = value(OptionNumber.BLOCK1);
    if (block1 !== undefined) {
      const { num, more, szx } = decodeBlock(block1);
      const answered = { number: OptionNumber.BLOCK1, value: encodeBlock({ num, more, szx }) };
      return { ...response, code: more ? Code.CONTINUE : Code.CHANGED, options: [answered] };
    }
    const block2 = value(OptionNumber.BLOCK2);
    const observe = value(OptionNumber.OBSERVE);
    if (observe?.length === 0) this.#observations.push(request.token);
    const observed = observe?.length === 0 ? this.#observe++ : undefined;
    return this.#content(response, observed, body(60), block2 === undefined ? 0 : decodeBlock(block2).num);
  }

  #content(message: CoapMessage, observe: number | undefined, whole: Uint8Array, num: number): CoapMessage {
    const size = blockSize(SZX);
    const options: CoapOption[] = [opt.etag('e'), opt.raw(OptionNumber.MAX_AGE, '\u0005')];
    if (observe !== undefined) options.push({ number: OptionNumber.OBSERVE, value: encodeUint(observe) });
    if (whole.length > size || num > 0) options.push(opt.block2(num, (num + 1) * size < whole.length, SZX));
    return { ...message, options: sorted(options), payload: whole.subarray(num * size, (num + 1) * size) };
  }
}

function sorted(options: readonly CoapOption[]): readonly CoapOption[] {
  return options.toSorted((a, b) => a.number - b.number);
}
