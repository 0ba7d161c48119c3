import { type Peer, udpTransport } from '@flownexus/datagram';
import { onTestFinished } from 'vitest';
import {
  CIPHER_SUITES,
  type DtlsServerOptions,
  type DtlsStatistics,
  type DtlsTransport,
  type DtlsTransportOptions,
  dtlsTransport,
  loadCredential,
} from '../../../src/index.ts';
import { der, pem, psk } from './credentials.ts';

export const HOST = '127.0.0.1';

/** The foreign peer decides. */
const ALL_SUITES: readonly string[] = CIPHER_SUITES.map(({ name }) => name);

/** A server that takes everybody whom `credentials/` knows: by PSK, certificate or raw public key. */
export function openServerOptions(): DtlsServerOptions {
  const client = der('client.pub');
  return {
    psk: (identity) => (identity === psk.identity ? psk.key : undefined),
    credential: loadCredential({ privateKey: pem('server.key'), certificate: pem('server.crt'), rawPublicKey: true }),
    x509: { roots: [pem('ca.crt')] },
    rawPublicKey: (publicKey) => Buffer.compare(publicKey, client) === 0,
  };
}

export interface OurServerOptions {
  /** Leave the choice of suites to the transport. Default: all suites, those that have to be asked for too. */
  readonly defaultSuites?: boolean;
  /** In addition to what `openServerOptions` gives. */
  readonly server?: Partial<DtlsServerOptions>;
  readonly transport?: Partial<Omit<DtlsTransportOptions, 'transport' | 'server'>>;
  /** What is answered to a datagram; default: the same. */
  readonly answer?: (datagram: Uint8Array) => Uint8Array | undefined;
  /** Default: a free one. */
  readonly port?: number;
}

/** Our server for a foreign client, on a UDP port of the loopback interface. */
export class OurServer {
  readonly port: number;
  /** Associations since the start, in order. */
  readonly peers: Peer[] = [];
  /** Texts received, in order, and who sent them. */
  readonly received: { readonly peer: Peer; readonly text: string }[] = [];
  /** Why handshakes failed. */
  readonly failures: Error[] = [];
  readonly #transport: DtlsTransport;

  private constructor(transport: DtlsTransport, port: number, log: Pick<OurServer, 'peers' | 'received' | 'failures'>) {
    this.#transport = transport;
    this.port = port;
    this.peers = log.peers;
    this.received = log.received;
    this.failures = log.failures;
  }

  /** Starts a server for the present test. */
  static async start(options: OurServerOptions = {}): Promise<OurServer> {
    const { answer = (datagram: Uint8Array) => datagram, port = 0, defaultSuites = false } = options;
    const log = { peers: [] as Peer[], received: [] as { peer: Peer; text: string }[], failures: [] as Error[] };
    const transport = dtlsTransport({
      transport: udpTransport({ host: HOST, port }),
      ...(defaultSuites ? {} : { cipherSuites: ALL_SUITES }),
      ...options.transport,
      server: { ...openServerOptions(), ...options.server },
      onAssociation: (peer) => log.peers.push(peer),
      onHandshakeFailed: ({ reason }) => log.failures.push(reason),
    });
    await transport.open({
      onDatagram(peer, datagram) {
        log.received.push({ peer, text: Buffer.from(datagram).toString() });
        const reply = answer(datagram);
        if (reply !== undefined) transport.send(peer, reply);
      },
      onPeerClosed: () => undefined,
    });
    const server = new OurServer(transport, transport.localAddress?.port ?? 0, log);
    onTestFinished(() => server.close());
    return server;
  }

  get statistics(): DtlsStatistics {
    return this.#transport.statistics;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
