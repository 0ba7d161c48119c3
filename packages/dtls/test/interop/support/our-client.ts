import { type Peer, udpTransport } from '@flownexus/datagram';
import { DatagramRecorder } from '@flownexus/datagram/testing';
import { onTestFinished } from 'vitest';
import {
  type DtlsClientOptions,
  type DtlsStatistics,
  type DtlsTransport,
  type DtlsTransportOptions,
  type ResumableSession,
  dtlsTransport,
  loadCredential,
} from '../../../src/index.ts';
import { der, pem, psk } from './credentials.ts';
import { HOST } from './our-server.ts';

/** A client that has a PSK and knows nobody's certificate. */
export const pskClient: DtlsClientOptions = { psk: { identity: psk.identity, key: psk.key } };

/** A client with a PSK that remembers the session of its association. */
export function rememberingClient(): { readonly client: DtlsClientOptions; readonly session: () => ResumableSession } {
  let kept: ResumableSession | undefined;
  return {
    client: {
      ...pskClient,
      onResumable(session) {
        kept = session;
      },
    },
    session() {
      if (kept === undefined) throw new Error('there is no session to resume');
      return kept;
    },
  };
}

/** A client with a certificate. */
export function x509Client(): DtlsClientOptions {
  return {
    credential: loadCredential({ privateKey: pem('client.key'), certificate: pem('client.crt') }),
    x509: { roots: [pem('ca.crt')] },
    serverName: 'localhost',
  };
}

/** A client with a raw public key. */
export function rpkClient(): DtlsClientOptions {
  const server = der('server.pub');
  return {
    credential: loadCredential({ privateKey: pem('client.key'), rawPublicKey: true }),
    rawPublicKey: (publicKey) => Buffer.compare(publicKey, server) === 0,
  };
}

/** Our client for a foreign server. */
export class OurClient {
  readonly peer: Peer;
  readonly #transport: DtlsTransport;
  readonly #recorder: DatagramRecorder;

  private constructor(transport: DtlsTransport, recorder: DatagramRecorder, peer: Peer) {
    this.#transport = transport;
    this.#recorder = recorder;
    this.peer = peer;
  }

  /** Connects, for the present test, with exactly one cipher suite. */
  static async connect(
    port: number,
    suite: string,
    client: DtlsClientOptions,
    more: Partial<DtlsTransportOptions> = {},
  ): Promise<OurClient> {
    const recorder = new DatagramRecorder();
    const transport = dtlsTransport({
      transport: udpTransport({ host: HOST }),
      cipherSuites: [suite],
      client,
      ...more,
    });
    onTestFinished(() => transport.close());
    await transport.open(recorder);
    return new OurClient(transport, recorder, await transport.connect(HOST, port));
  }

  /** Sends, and gives the next datagram that comes. */
  async exchange(data: string | Uint8Array): Promise<Buffer> {
    const next = this.next();
    this.send(data);
    return next;
  }

  send(data: string | Uint8Array): void {
    this.#transport.send(this.peer, new Uint8Array(Buffer.from(data as string)));
  }

  /** The next datagram that comes. */
  async next(): Promise<Buffer> {
    const count = this.#recorder.datagrams.length;
    await this.#recorder.count(count + 1);
    return Buffer.from(this.#recorder.datagrams[count]!.bytes);
  }

  /** Where it is bound. */
  get port(): number {
    return this.#transport.localAddress?.port ?? 0;
  }

  get statistics(): DtlsStatistics {
    return this.#transport.statistics;
  }

  /** Whether the server has ended the association. */
  get isEnded(): boolean {
    return this.#recorder.closedPeers.length > 0;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
