import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { seededRandom } from '@flownexus/datagram/testing';
import type { DtlsError } from '../../src/errors.ts';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import { startClient, stepClient } from '../../src/handshake/client/step-client.ts';
import type { ClientState } from '../../src/handshake/client/client-state.ts';
import type { ClientContext } from '../../src/handshake/contexts.ts';
import type {
  ConnectionSecrets,
  EstablishedConnection,
  FlightItem,
  HandshakeInput,
  HandshakeOutput,
  OwnCredential,
  PeerVerdict,
  Step,
} from '../../src/handshake/machine.ts';
import { freeze } from './freeze.ts';
import { TestServer, type TestServerOptions } from './test-server.ts';

const encoder = new TextEncoder();

export const pskKey: Uint8Array = encoder.encode('secretPSK');
export const serverKeys: KeyPairKeyObjectResult = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const clientKeys: KeyPairKeyObjectResult = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** A certificate that the machines don't look into, and its real key. */
export const clientCredential: OwnCredential = {
  chain: [Uint8Array.of(0x30, 0x11)],
  rawPublicKey: undefined,
  privateKey: clientKeys.privateKey,
  group: 23,
};

/** A verdict that the server is who it should be. */
export const trusted: PeerVerdict = {
  trusted: true,
  identity: { kind: 'x509', certificate: Uint8Array.of(0x30, 1), commonName: 'server' },
  publicKey: serverKeys.publicKey,
};

/** A client that can do everything: PSK, and ECDHE_ECDSA without a certificate of its own. */
export function clientContext(changes: Partial<ClientContext> = {}): ClientContext {
  return {
    random: seededRandom(7),
    suites: CIPHER_SUITES.filter(({ optIn }) => !optIn),
    pskIdentity: () => encoder.encode('dev1'),
    credential: undefined,
    serverCertificateTypes: [0],
    serverName: undefined,
    session: undefined,
    tickets: true,
    localCid: undefined,
    requireExtendedMasterSecret: false,
    maxFragmentLength: undefined,
    ...changes,
  };
}

/** What a `Talk` is made of. */
export interface TalkOptions {
  readonly client?: Partial<ClientContext>;
  readonly server?: Partial<TestServerOptions>;
  readonly verdict?: PeerVerdict;
  /** What `needPsk` is answered with; `none` for an identity without a key. */
  readonly psk?: Uint8Array | 'none';
}

/** A client machine and a `TestServer` in lock step. States are frozen, so a machine that changed one would throw. */
export class Talk {
  readonly context: ClientContext;
  readonly server: TestServer;
  readonly outputs: HandshakeOutput[] = [];
  state: ClientState;
  readonly #options: TalkOptions;

  constructor(options: TalkOptions = {}) {
    this.#options = options;
    this.context = clientContext(options.client);
    this.server = new TestServer({ suite: 'PSK_WITH_AES_128_CCM_8', psk: pskKey, ...options.server });
    const step = startClient(this.context);
    this.state = step.state;
    this.#take(step);
  }

  /** Gives inputs to the client, which answers the questions of the machine as well; the server gets the flights. */
  hear(...inputs: readonly HandshakeInput[]): this {
    for (const input of inputs) this.#take(stepClient(this.context, this.state, input));
    return this;
  }

  /** Cookie and second ClientHello. */
  cookie(): this {
    return this.hear(this.server.helloVerifyRequest());
  }

  /** ChangeCipherSpec and Finished of the server. */
  end(): this {
    return this.hear(this.server.changeCipherSpec()).hear(this.server.finished());
  }

  /** All flights of the client. */
  get flights(): readonly (readonly FlightItem[])[] {
    return this.outputs.flatMap((output) => (output.kind === 'send' ? [output.flight] : []));
  }

  /** The last flight in words: types of messages with their epoch, and `ccs`. */
  get lastFlight(): readonly string[] {
    const flight = this.flights.at(-1) ?? [];
    return flight.map((item) =>
      item.kind === 'message' ? `${item.message.sequence}:${item.message.type}@${item.epoch}` : 'ccs',
    );
  }

  get secrets(): ConnectionSecrets | undefined {
    return this.outputs.find((output) => output.kind === 'keys')?.secrets;
  }

  get connection(): EstablishedConnection | undefined {
    return this.outputs.find((output) => output.kind === 'connected')?.connection;
  }

  get error(): DtlsError | undefined {
    return this.outputs.find((output) => output.kind === 'failed')?.error;
  }

  #take(step: Step<ClientState>): void {
    this.state = freeze(step.state);
    this.outputs.push(...step.outputs);
    for (const output of step.outputs) {
      if (output.kind === 'send') this.server.receive(output.flight);
      if (output.kind === 'needPeer') this.hear({ kind: 'peer', verdict: this.#options.verdict ?? trusted });
      if (output.kind === 'needPsk') {
        const { psk = pskKey } = this.#options;
        this.hear({ kind: 'psk', key: psk === 'none' ? undefined : psk });
      }
    }
  }
}

/** A talk with ECDHE_ECDSA. */
export function ecdsaTalk(options: TalkOptions = {}): Talk {
  const server = {
    suite: 'ECDHE_ECDSA_WITH_AES_128_CCM_8',
    signingKey: serverKeys.privateKey,
    ...options.server,
  };
  return new Talk({ ...options, server });
}

/** The first flight of a server with a certificate, without what is left out. */
export function certificateFlight(
  { server }: Talk,
  request?: Parameters<TestServer['certificateRequest']>[0],
): HandshakeInput[] {
  const flight = [server.serverHello(), server.certificateMessage(), server.serverKeyExchange()];
  if (request !== undefined) flight.push(server.certificateRequest(request));
  flight.push(server.serverHelloDone());
  return flight;
}
