import type { DatagramTransport } from '@flownexus/datagram';
import type { ServerEndpoint } from '../api/server-endpoint.ts';

/** A server endpoint over a transport that is already made and not yet open: a memory network, or one of your own. */
export function overTransport(transport: DatagramTransport): ServerEndpoint {
  return { createTransport: () => transport };
}
