import { udpTransport } from '@flownexus/datagram';
import type { ServerEndpoint } from '../api.ts';

export interface CoapServerEndpointOptions {
  /** Default 5683; 0 takes any free port. */
  readonly port?: number;
  /** The address to listen on; default all. */
  readonly host?: string;
}

/**
 * A server endpoint for plain CoAP over UDP (`coap://`), where devices have no identity.
 *
 * @example
 * const server = new Lwm2mServer({ endpoints: [coap({ port: 5683 })], objects });
 */
export function coap({ port = 5683, host }: CoapServerEndpointOptions = {}): ServerEndpoint {
  return { createTransport: () => udpTransport({ port, ...(host === undefined ? {} : { host }) }) };
}
