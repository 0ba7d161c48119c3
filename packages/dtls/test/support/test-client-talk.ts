import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PeerIdentity } from '@flownexus/datagram';
import { seededRandom } from '@flownexus/datagram/testing';
import { CIPHER_SUITES } from '../../src/cipher-suites.ts';
import type { DtlsError } from '../../src/errors.ts';
import type { ServerContext } from '../../src/handshake/contexts.ts';
import type {
  ConnectionSecrets,
  EstablishedConnection,
  HandshakeInput,
  HandshakeOutput,
  OwnCredential,
  PeerVerdict,
  Step,
} from '../../src/handshake/machine.ts';
import { SERVER_START, stepServer } from '../../src/handshake/server/server-machine.ts';
import type { ServerState } from '../../src/handshake/server/server-state.ts';
import type { CertificateMessage } from '../../src/messages/certificate.ts';
import type { ServerHello } from '../../src/messages/hello.ts';
import { freeze } from './freeze.ts';
import { TestClient, type TestClientOptions } from './test-client.ts';

const encoder = new TextEncoder();

export const PSK_SUITE = 'PSK_WITH_AES_128_CCM_8';
export const ECDHE_PSK_SUITE = 'ECDHE_PSK_WITH_AES_128_GCM_SHA256';
export const ECDSA_SUITE = 'ECDHE_ECDSA_WITH_AES_128_CCM_8';

/** The key of the only PSK identity that a `ServerTalk` knows. */
export const deviceKey: Uint8Array = encoder.encode('secretPSK');
export const deviceIdentity: Uint8Array = encoder.encode('dev1');

/** Certificates and raw keys that the machines don't look into, and their real keys. */
export const serverCredential: TestCredential = credential(0x51, 'prime256v1');
export const deviceCredential: TestCredential = credential(0xd1, 'prime256v1');
/** A key that has nothing to do with any certificate. */
export const strangerKey: KeyObject = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

/** Who shows the certificate or raw key of `deviceCredential`. */
export const certifiedIdentity: PeerIdentity = {
  kind: 'x509',
  certificate: Uint8Array.of(0x30, 0xd1),
  commonName: 'dev1',
};

/** A credential with the public key that its certificate would have in it. */
export interface TestCredential extends OwnCredential {
  readonly publicKey: KeyObject;
}

/** A credential whose certificates and raw key have `mark` in them. */
export function credential(mark: number, namedCurve: 'prime256v1' | 'secp384r1'): TestCredential {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    chain: [Uint8Array.of(0x30, mark), Uint8Array.of(0x30, mark, 1)],
    rawPublicKey: Uint8Array.of(0x31, mark),
    privateKey,
    publicKey,
    group: namedCurve === 'prime256v1' ? 23 : 24,
  };
}

/** A server that has all suites, PSK, and a certificate, and asks clients of ECDHE_ECDSA for theirs. */
export function serverContext(changes: Partial<ServerContext> = {}): ServerContext {
  return {
    random: seededRandom(11),
    suites: CIPHER_SUITES,
    psk: true,
    pskIdentityHint: undefined,
    credentialFor: () => serverCredential,
    choosesByServerName: false,
    clientCertificates: 'required',
    clientCertificateTypes: [0, 2],
    authorities: [Uint8Array.of(0x30, 0xca)],
    resumption: undefined,
    localCid: () => undefined,
    requireExtendedMasterSecret: false,
    hideUnknownIdentities: true,
    maxPlaintext: 16_384,
    ...changes,
  };
}

/** What a `ServerTalk` is made of. */
export interface ServerTalkOptions {
  readonly server?: Partial<ServerContext>;
  readonly client?: Partial<TestClientOptions>;
  /** What `needPsk` is answered with. Default: `deviceKey` for `deviceIdentity`, and none for others. */
  readonly lookUpPsk?: (identity: Uint8Array) => Uint8Array | undefined;
  /** What `needPeer` is answered with. Default: trust in `deviceCredential`. */
  readonly verifyPeer?: (certificate: CertificateMessage) => PeerVerdict;
  /** Whether the questions of the machine are left unanswered. */
  readonly silent?: boolean;
}

/** A server machine and a `TestClient` in lock step. States are frozen, so a machine that changed one would throw. */
export class ServerTalk {
  readonly context: ServerContext;
  readonly client: TestClient;
  readonly outputs: HandshakeOutput[] = [];
  state: ServerState = SERVER_START;
  readonly #options: ServerTalkOptions;

  constructor(options: ServerTalkOptions = {}) {
    this.#options = options;
    this.context = serverContext(options.server);
    this.client = new TestClient({
      suites: [PSK_SUITE],
      psk: { identity: deviceIdentity, key: deviceKey },
      credential: deviceCredential,
      ...options.client,
    });
  }

  /** Gives inputs to the server, and the answers to its questions; the client gets the flights. */
  hear(...inputs: readonly HandshakeInput[]): this {
    for (const input of inputs) this.#take(stepServer(this.context, this.state, input));
    return this;
  }

  /** ClientHello. */
  begin(changes?: Parameters<TestClient['clientHello']>[0]): this {
    return this.hear(this.client.clientHello(changes));
  }

  /** All of a full handshake up to ChangeCipherSpec, as the server asks for it. */
  agree(): this {
    this.begin();
    const { client } = this;
    if (client.certificateRequest === undefined) return this.hear(client.clientKeyExchange());
    return this.hear(client.certificate()).hear(client.clientKeyExchange()).hear(client.certificateVerify());
  }

  /** A whole full handshake. */
  full(): this {
    return this.agree().finish();
  }

  /** ChangeCipherSpec and Finished. */
  finish(): this {
    return this.hear(this.client.changeCipherSpec()).hear(this.client.finished());
  }

  /** The kinds of all outputs in order, `send` with its flight in words: message_seq:type@epoch, and `ccs`. */
  get said(): readonly string[] {
    return this.outputs.map((output) => (output.kind === 'send' ? flightInWords(output) : output.kind));
  }

  /** Types of the messages in the first flight. */
  get firstFlight(): readonly number[] {
    const first = this.outputs.find((output) => output.kind === 'send');
    return (first?.flight ?? []).flatMap((item) => (item.kind === 'message' ? [item.message.type] : []));
  }

  get serverHello(): ServerHello {
    if (this.client.serverHello === undefined) throw new Error('no ServerHello', { cause: this.error });
    return this.client.serverHello;
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

  #take(step: Step<ServerState>): void {
    this.state = freeze(step.state);
    this.outputs.push(...step.outputs);
    for (const output of step.outputs) {
      if (output.kind === 'send') this.client.receive(output.flight);
      if (this.#options.silent === true) continue;
      if (output.kind === 'needPeer') this.hear({ kind: 'peer', verdict: this.#verify(output.certificate) });
      if (output.kind === 'needPsk') this.hear({ kind: 'psk', key: this.#lookUp(output.identity) });
    }
  }

  #lookUp(identity: Uint8Array): Uint8Array | undefined {
    const { lookUpPsk } = this.#options;
    if (lookUpPsk !== undefined) return lookUpPsk(identity);
    return Buffer.compare(identity, deviceIdentity) === 0 ? deviceKey : undefined;
  }

  #verify(certificate: CertificateMessage): PeerVerdict {
    return this.#options.verifyPeer?.(certificate) ?? trustedDevice;
  }
}

/** The verdict about `deviceCredential`. */
export const trustedDevice: PeerVerdict = {
  trusted: true,
  identity: certifiedIdentity,
  publicKey: deviceCredential.publicKey,
};

/** A talk with ECDHE_ECDSA. */
export function ecdsaTalk(options: ServerTalkOptions = {}): ServerTalk {
  return new ServerTalk({ ...options, client: { suites: [ECDSA_SUITE], ...options.client } });
}

function flightInWords({ flight, final }: Extract<HandshakeOutput, { kind: 'send' }>): string {
  const items = flight.map((item) =>
    item.kind === 'message' ? `${item.message.sequence}:${item.message.type}@${item.epoch}` : 'ccs',
  );
  return `${final ? 'final ' : ''}${items.join(' ')}`;
}
