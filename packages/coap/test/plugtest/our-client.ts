import type { DatagramTransport, Peer } from '@flownexus/datagram';
import {
  buildOptions,
  type CoapEndpoint,
  type CoapMessage,
  type CoapOption,
  type CoapRequest,
  type CoapResponse,
  decodeMessage,
  encodeMessage,
  findOption,
  makeOption,
  MessageType,
  OptionNumber,
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

/** Sends one message and resolves to the answer: for what no client sends of itself. */
export type ByHand = (message: CoapMessage) => Promise<CoapMessage>;

/** A party at a transport of its own that says one thing at a time. */
export function byHand(transport: DatagramTransport, host: string, port: number): ByHand {
  return async (message) => {
    const answer = new Inbox<Uint8Array>();
    await transport.open({ onDatagram: (_peer, datagram) => answer.push(datagram), onPeerClosed: () => undefined });
    transport.send(await transport.connect!(host, port), encodeMessage(message));
    const response = decodeMessage(await answer.next());
    await transport.close();
    return response;
  };
}

/** The client role of our endpoint, through its public API. It chooses tokens itself: an empty one is sent by hand. */
export function ourClient(endpoint: CoapEndpoint, peer: Peer, say?: ByHand): PlugtestClient {
  return {
    async request(request) {
      if (request.emptyToken === true) {
        const { options, ...fields } = toRequest(request);
        const message = {
          type: MessageType.CON,
          code: request.method,
          messageId: 1,
          token: new Uint8Array(0),
          options: buildOptions({ ...fields, options }),
          payload: request.payload ?? new Uint8Array(0),
        };
        if (say === undefined) throw new TypeError('this client does not speak by hand');
        return toReply(await say(message));
      }
      return toReply(await endpoint.request(peer, toRequest(request)));
    },

    async observe(request): Promise<PlugtestObservation> {
      const inbox = new Inbox<PlugtestReply>();
      const observation = await endpoint.observe(peer, toRequest(request), {
        onNotification: (notification) => inbox.push(toReply(notification)),
        onEnd: (end) => {
          if (end.reason === 'response') inbox.push(toReply(end.response));
        },
      });
      return {
        first: toReply(observation.response),
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

    ping() {
      return Promise.reject(new Error('not yet'));
    },
  };
}

function toRequest(request: PlugtestRequest): CoapRequest {
  const { etags = [], ifMatch = [], ifNoneMatch = false, emptyToken: _token, blockSize: _blockSize, ...rest } = request;
  const options: CoapOption[] = [
    ...etags.map((etag) => makeOption(OptionNumber.ETAG, etag)),
    ...ifMatch.map((etag) => makeOption(OptionNumber.IF_MATCH, etag)),
    ...(ifNoneMatch ? [makeOption(OptionNumber.IF_NONE_MATCH, new Uint8Array(0))] : []),
  ];
  return { ...rest, options };
}

function toReply({ code, payload, options }: Pick<CoapResponse, 'code' | 'payload' | 'options'>): PlugtestReply {
  return {
    code,
    payload,
    contentFormat: uintOption(options, OptionNumber.CONTENT_FORMAT),
    etag: findOption(options, OptionNumber.ETAG)?.value,
    locationPath: stringOptions(options, OptionNumber.LOCATION_PATH),
    locationQuery: stringOptions(options, OptionNumber.LOCATION_QUERY),
  };
}
