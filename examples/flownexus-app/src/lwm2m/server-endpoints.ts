import {
  type AssociationStore,
  coap,
  coaps,
  type CoapsServerEndpoint,
  type CredentialStore,
  type OwnCredential,
  type ServerAddress,
  type ServerEndpoint,
} from '@flownexus/lwm2m-server';
import type { Logger } from 'pino';
import { formatHost } from '../http/http-server.ts';
import { limits } from '../limits.ts';
import { StartError } from '../start-error.ts';

/** Where a server for devices listens: plain CoAP, and CoAP over DTLS on the same host. */
export interface ListenOptions {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
  readonly secured: SecuredOptions;
  readonly log: Logger;
}

/** Who the server is in DTLS, and whose certificates it takes: asked in each handshake. */
export interface DtlsIdentity {
  readonly ownCredential: () => OwnCredential;
  readonly roots: () => readonly Uint8Array[];
}

export interface SecuredOptions extends DtlsIdentity {
  readonly port: number;
  readonly credentials: CredentialStore;
  /** Undefined: devices make a new association after a restart. */
  readonly associations?: AssociationStore;
}

/** Plain CoAP, and CoAP over DTLS. Nothing listens yet. */
export function serverEndpoints({
  host,
  port,
  secured,
  log,
}: ListenOptions): readonly [ServerEndpoint, CoapsServerEndpoint] {
  const at = { receiveBufferSize: limits.receiveBufferBytes, ...(host === undefined ? {} : { host }) };
  return [
    coap({ port, ...at }),
    coaps({
      ...secured,
      ...at,
      onHandshakeFailed: ({ host: from, port: fromPort, claimedIdentity, reason }) => {
        // Not by default: whoever reaches the port can provoke one with each datagram.
        log.debug({ address: `${formatHost(from)}:${String(fromPort)}`, claimedIdentity, reason: reason.message }, 'no DTLS association'); // prettier-ignore
      },
    }),
  ];
}

/** The two addresses of such a server. */
export interface ServerAddresses {
  readonly coap: ServerAddress;
  readonly coaps: ServerAddress;
}

export interface StartedServer {
  readonly addresses: readonly ServerAddress[];
  start(): Promise<void>;
}

/** An address as a URL: `coap://[::]:5683`. */
export function formatAddress({ scheme, host, port }: ServerAddress): string {
  return `${scheme}://${formatHost(host)}:${String(port)}`;
}

/** What an operator sets another port with. */
export interface PortVariables {
  readonly coap: string;
  readonly coaps: string;
}

/**
 * Starts a server of {@link serverEndpoints}; gives the addresses that it listens on. Rejects with a {@link StartError} when it can not. `coapsPort` is the port that
 * was asked for.
 */
export async function startServer(
  server: StartedServer,
  coapsPort: number,
  variables: PortVariables = { coap: 'FLOWNEXUS_COAP_PORT', coaps: 'FLOWNEXUS_COAPS_PORT' },
): Promise<ServerAddresses> {
  try {
    await server.start();
  } catch (error) {
    // Of the transports below: an address that can not be bound, or a host name that has none.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_DATAGRAM_BIND' && code !== 'ERR_DATAGRAM_RESOLVE') throw error;
    const { message } = error as Error;
    const portVariable = message.includes(`port ${String(coapsPort)} `) ? variables.coaps : variables.coap;
    throw new StartError(
      `LwM2M can not listen: ${message}; ${portVariable} and FLOWNEXUS_COAP_HOST set another address`,
      { cause: error },
    );
  }
  const [coap, coaps] = server.addresses;
  if (coap === undefined || coaps === undefined) throw new Error('the server does not listen');
  return { coap, coaps };
}
