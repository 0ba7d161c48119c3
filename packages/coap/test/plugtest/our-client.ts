import type { DatagramTransport, Peer } from '@flownexus/datagram';
import {
  buildOptions,
  type CoapEndpoint,
  type CoapMessage,
  decodeMessage,
  encodeMessage,
  findOption,
  MessageType,
  OptionNumber,
  type RequestOptions,
  stringOptions,
  uintOption,
} from '../../src/index.ts';
import {
  Inbox,
  type PlugtestClient,
  type PlugtestObservation,
  type PlugtestReply,
  type PlugtestRequest,
} from './plugtest-client.ts';

const NO_BYTES = new Uint8Array(0);

/** Sends one message and resolves to the answer: for what no client sends of itself. */
export type ByHand = (message: CoapMessage) => Promise<CoapMessage>;

/** A party at a transport of its own that says one thing. */
export function byHand(transport: DatagramTransport, host: string, port: number): ByHand {
  return async (message) => {
    const answers = new Inbox<Uint8Array>();
    await transport.open({ onDatagram: (_peer, datagram) => answers.push(datagram), onPeerClosed: () => undefined });
    transport.send(await transport.connect!(host, port), encodeMessage(message));
    const answer = decodeMessage(await answers.next());
    await transport.close();
    return answer;
  };
}

/** The client role of our endpoint, through its public API. It chooses its tokens: the empty one is sent by hand. */
export function ourClient(endpoint: CoapEndpoint, peer: Peer, say?: ByHand): PlugtestClient {
  return {
    async request(request) {
      if (request.emptyToken !== true) return endpoint.request(peer, request, optionsOf(request));
      if (say === undefined) throw new TypeError('this client does not speak by hand');
      return shown(await say(messageOf(request)));
    },

    async observe(request): Promise<PlugtestObservation> {
      const inbox = new Inbox<PlugtestReply>();
      const observation = await endpoint.observe(
        peer,
        request,
        {
          onNotification: (notification) => inbox.push(notification),
          onEnd: (end) => {
            if (end.reason === 'response') inbox.push(end.response);
          },
        },
        { ...optionsOf(request), reregister: request.reregister ?? false },
      );
      return {
        first: observation.response,
        next: () => inbox.next(),
        async cancel() {
          await observation.cancel();
        },
        forget() {
          observation.forget();
          return Promise.resolve();
        },
      };
    },

    ping: () => endpoint.ping(peer),
  };
}

function optionsOf({ blockSize }: PlugtestRequest): RequestOptions {
  return blockSize === undefined ? {} : { blockSize };
}

function messageOf(request: PlugtestRequest): CoapMessage {
  return {
    type: MessageType.CON,
    code: request.method,
    messageId: 1,
    token: NO_BYTES,
    options: buildOptions(request),
    payload: request.payload ?? NO_BYTES,
  };
}

function shown({ code, payload, options }: CoapMessage): PlugtestReply {
  return {
    code,
    payload,
    contentFormat: uintOption(options, OptionNumber.CONTENT_FORMAT),
    etag: findOption(options, OptionNumber.ETAG)?.value,
    locationPath: stringOptions(options, OptionNumber.LOCATION_PATH),
    locationQuery: stringOptions(options, OptionNumber.LOCATION_QUERY),
  };
}
