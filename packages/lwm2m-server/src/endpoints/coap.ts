import { udpTransport } from '@flownexus/datagram';
import type { ServerEndpoint } from '../api/server-endpoint.ts';

/** Where `coap()` listens. */
export interface CoapServerEndpointOptions {
  /** The UDP port. Default 5683 (RFC 7252 §12.6); 0 takes any free port, which `Lwm2mServer.addresses` tells. */
  readonly port?: number;
  /** The IP address to listen on. Default: all, IPv4 and IPv6. */
  readonly host?: string;
  /**
   * The size in bytes of the receive buffer of the socket: what a burst of datagrams waits in. The operating system may give
   * less (`net.core.rmem_max` on Linux). Default: its own.
   */
  readonly receiveBufferSize?: number;
}

/**
 * A server endpoint for plain CoAP over UDP (`coap://`), where devices have no identity. It is opened by `start` of the
 * server, which rejects with `TransportError` when the address is taken or is none.
 *
 * @example
 * const server = new Lwm2mServer({ endpoints: [coap({ port: 5683 })], objects });
 */
export function coap({ port = 5683, ...options }: CoapServerEndpointOptions = {}): ServerEndpoint {
  return { createTransport: () => udpTransport({ port, ...options }) };
}
