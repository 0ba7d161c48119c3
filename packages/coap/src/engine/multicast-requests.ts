import type { CoapRequest, MulticastOptions, MulticastResponse, MulticastResponseIterator } from '../api.ts';
import { Code } from '../code.ts';
import { encodeMessage } from '../codec.ts';
import { CoapError } from '../errors.ts';
import { MessageType } from '../message.ts';
import { findOption } from '../option-values.ts';
import { OptionNumber } from '../options.ts';
import { AsyncQueue } from './async-queue.ts';
import { abortedError } from './bounded-promise.ts';
import { checkRange } from './check-range.ts';
import type { Engine } from './engine.ts';
import { limitError } from './limit-error.ts';
import { MessageIdSource, MULTICAST_IDS } from './message-id.ts';
import { MulticastRequest, type MulticastListener } from './multicast-request.ts';
import type { PeerState } from './peer-state.ts';
import { baseOptions } from './request-options.ts';
import { TOKEN_LENGTH, tokenKey } from './token.ts';

const NO_BYTES = new Uint8Array(0);
const DEFAULT_MAX_RESPONSES = 1000;
const MAX_RESPONSES = 100_000;
const MAX_DURATION_MS = 86_400_000;

interface Entry {
  readonly request: MulticastRequest;
  readonly fail: (error: CoapError) => void;
}

/** Our requests to groups. Their responses come from other peers than the group: the token alone says whose they are (RFC 7252 §8.2). */
export class MulticastRequests {
  readonly #engine: Engine;
  readonly #messageIds: MessageIdSource;
  readonly #entries = new Map<string, Entry>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#messageIds = new MessageIdSource(engine.clock, engine.random, engine.lifetimeMs, MULTICAST_IDS);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The request with a token. */
  find(key: string): MulticastRequest | undefined {
    return this.#entries.get(key)?.request;
  }

  /** Sends a request and gives its responses. Whatever is wrong comes out of the iterator, as does what is given for the group. */
  begin(group: PeerState | CoapError, request: CoapRequest, options: MulticastOptions = {}): MulticastResponseIterator {
    const { signal } = options;
    let entry: Entry | undefined;
    const release = (): void => signal?.removeEventListener('abort', onAbort);
    const stop = (): void => {
      release();
      entry?.request.stop();
    };
    const queue = new AsyncQueue<MulticastResponse>(stop);
    const fail = (error: unknown): void => {
      stop();
      queue.end({ error });
    };
    const onAbort = (): void => {
      if (signal !== undefined) fail(abortedError(signal));
    };
    try {
      if (group instanceof CoapError) throw group;
      if (signal?.aborted === true) throw abortedError(signal);
      const listener: MulticastListener = {
        onResponse: (response) => queue.push(response),
        onEnd: () => {
          release();
          queue.end();
        },
      };
      entry = this.#send(group, request, options, listener, fail);
      signal?.addEventListener('abort', onAbort);
    } catch (error) {
      fail(error);
    }
    return queue;
  }

  /** Ends all of them. The timers go with the endpoint. */
  close(error: CoapError): void {
    for (const { fail } of this.#entries.values()) fail(error);
    this.#entries.clear();
  }

  #send(
    group: PeerState,
    request: CoapRequest,
    options: MulticastOptions,
    listener: MulticastListener,
    fail: (error: CoapError) => void,
  ): Entry {
    const { leisureMs, ackTimeoutMs, ackRandomFactor } = group.settings.parameters;
    const deafMs = leisureMs + ackTimeoutMs * ackRandomFactor;
    const durationMs = options.durationMs ?? deafMs;
    const maxResponses = options.maxResponses ?? DEFAULT_MAX_RESPONSES;
    checkRange('durationMs', durationMs, 1, MAX_DURATION_MS);
    checkRange('maxResponses', maxResponses, 1, MAX_RESPONSES);
    if (request.confirmable === true) throw new TypeError('a request to a group is Non-confirmable (RFC 7252 §8.1)');
    if (this.#entries.size >= this.#engine.limits.multicastRequests)
      throw limitError(this.#engine, 'too many requests to groups');
    const token = this.#freshToken();
    const datagram = this.#encode(request, token);
    const key = tokenKey(token);
    const sent = new MulticastRequest({
      engine: this.#engine,
      request,
      durationMs,
      deafMs,
      maxResponses,
      listener,
      onExpired: () => this.#entries.delete(key),
    });
    const entry = { request: sent, fail };
    this.#entries.set(key, entry);
    this.#engine.send(group, datagram);
    return entry;
  }

  #encode(request: CoapRequest, token: Uint8Array): Uint8Array {
    const options = baseOptions(request);
    if (request.method === Code.GET && findOption(options, OptionNumber.ETAG) !== undefined) {
      throw new TypeError(
        'a GET to a group has no ETag: its members have representations of their own (RFC 7252 §8.2.1)',
      );
    }
    const messageId = this.#messageIds.take();
    if (messageId === undefined) throw limitError(this.#engine, 'no Message ID is free');
    const { method, payload = NO_BYTES } = request;
    const datagram = encodeMessage({ type: MessageType.NON, code: method, messageId, token, options, payload });
    // RFC 7959 §2.8: a request to a group does not come in blocks.
    if (datagram.length > this.#engine.transport.maxDatagramSize) {
      throw limitError(this.#engine, `a request of ${datagram.length} bytes is too large for the transport`);
    }
    return datagram;
  }

  #freshToken(): Uint8Array {
    for (;;) {
      const token = this.#engine.random.bytes(TOKEN_LENGTH);
      if (!this.#entries.has(tokenKey(token))) return token;
    }
  }
}
