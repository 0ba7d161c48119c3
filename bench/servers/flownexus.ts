// @flownexus/coap over @flownexus/datagram.
import { Code, CoapEndpoint, ContentFormat } from '@flownexus/coap';
import { udpTransport } from '@flownexus/datagram';
import { VALUE } from '../messages.ts';
import { measured } from './measured-server.ts';

const endpoint = new CoapEndpoint({
  transport: udpTransport({ host: '127.0.0.1' }),
  onRequest: ({ method, path }) => {
    if (path[0] !== 'bench' || path[1] !== 'value') return { code: Code.NOT_FOUND };
    if (method === Code.POST) return { code: Code.CHANGED };
    return { code: Code.CONTENT, contentFormat: ContentFormat.TEXT_PLAIN, payload: VALUE };
  },
});
await endpoint.open();
measured(endpoint.localAddress?.port ?? 0);
