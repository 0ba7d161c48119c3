import { createPublicKey, type KeyObject } from 'node:crypto';
import { CIPHER_SUITES, type CipherSuite } from '../../src/cipher-suites.ts';
import { ephemeralKey } from '../../src/crypto/ecdhe.ts';
import {
  extendedMasterSecret,
  masterSecret,
  pskPremaster,
  transcriptHash,
  verifyData,
} from '../../src/crypto/key-schedule.ts';
import { serverKeyExchangeData, sign, verify } from '../../src/crypto/signature.ts';
import { encodeHandshakeMessage, HandshakeType, type HandshakeMessage } from '../../src/handshake/handshake-message.ts';
import type { FlightItem, HandshakeInput, OwnCredential } from '../../src/handshake/machine.ts';
import { transcriptBytes } from '../../src/handshake/transcript.ts';
import {
  decodeCertificate,
  encodeCertificate,
  type CertificateMessage,
  type CertificateRequest,
  type NewSessionTicket,
} from '../../src/messages/certificate.ts';
import { decodeCertificateRequest } from '../../src/messages/certificate-request.ts';
import { encodeCertificateVerify } from '../../src/messages/certificate-verify.ts';
import { noClientExtensions } from '../../src/messages/client-extensions.ts';
import { encodeClientHello } from '../../src/messages/client-hello.ts';
import { encodeClientKeyExchange } from '../../src/messages/client-key-exchange.ts';
import type { ClientExtensions, ClientHello, ServerHello } from '../../src/messages/hello.ts';
import type { ClientKeyExchange, ServerKeyExchange } from '../../src/messages/key-exchange.ts';
import { decodeNewSessionTicket } from '../../src/messages/new-session-ticket.ts';
import { decodeServerHello } from '../../src/messages/server-hello.ts';
import { decodeServerKeyExchange, encodeEcdhParameters } from '../../src/messages/server-key-exchange.ts';

/** How a `TestClient` behaves. */
export interface TestClientOptions {
  /** Names of the suites that it offers. */
  readonly suites: readonly string[];
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  /** What it shows and signs with. */
  readonly credential?: OwnCredential;
  /** Added to those of its hello: the extended master secret, both groups, both schemes. */
  readonly extensions?: Partial<ClientExtensions>;
  /** More of its hello that is different. */
  readonly hello?: Partial<ClientHello>;
  /** The master secret of the session that it resumes when the server does. */
  readonly resumedMasterSecret?: Uint8Array;
  /** The message_seq of its ClientHello. Default 1: it came after a HelloVerifyRequest. */
  readonly firstSequence?: number;
}

/** Changes of a message that a `TestClient` says. */
export interface MessageChanges {
  readonly epoch?: number;
  readonly sequence?: number;
}

/**
 * A client made of the codecs, without a mind of its own: a test makes it say what it wants, in the order that it wants. It keeps the transcript
 * and the keys, and reads the flights of a server without judging them. It can say anything at any time: what it lacks is made up.
 */
export class TestClient {
  readonly random: Uint8Array = new Uint8Array(32).fill(0xc1);
  transcript: HandshakeMessage[] = [];
  serverHello: ServerHello | undefined;
  serverCertificate: CertificateMessage | undefined;
  serverKeyExchange: ServerKeyExchange | undefined;
  certificateRequest: CertificateRequest | undefined;
  ticket: NewSessionTicket | undefined;
  masterSecret: Uint8Array | undefined;
  /** Whether the Finished of the server was right; undefined when there was none. */
  finishedIsRight: boolean | undefined;
  readonly #options: TestClientOptions;
  #sequence: number;

  constructor(options: TestClientOptions) {
    this.#options = options;
    this.#sequence = options.firstSequence ?? 1;
    this.masterSecret = options.resumedMasterSecret;
  }

  /** The suite that the server chose; the first one offered as long as it has not. */
  get suite(): CipherSuite {
    const [first] = this.#suites();
    const chosen = CIPHER_SUITES.find(({ id }) => id === this.serverHello?.cipherSuite) ?? first;
    if (chosen === undefined) throw new Error('a client without suites');
    return chosen;
  }

  /** Takes a flight of the server. */
  receive(flight: readonly FlightItem[]): void {
    for (const item of flight) if (item.kind === 'message') this.#receiveMessage(item.message);
  }

  clientHello(changes: Partial<ClientHello> = {}): HandshakeInput {
    const hello: ClientHello = {
      version: 0xfefd,
      random: this.random,
      sessionId: new Uint8Array(0),
      cookie: Uint8Array.of(1, 2, 3),
      cipherSuites: [...this.#suites().map(({ id }) => id), 0x00ff],
      compressionMethods: [0],
      extensions: {
        ...noClientExtensions,
        extendedMasterSecret: true,
        groups: [23, 24],
        signatureSchemes: [0x0403, 0x0503],
        pointFormats: [0],
        ...this.#options.extensions,
      },
      ...this.#options.hello,
      ...changes,
    };
    return this.say(HandshakeType.clientHello, encodeClientHello(hello));
  }

  certificate(message: CertificateMessage = this.#ownCertificate()): HandshakeInput {
    return this.say(HandshakeType.certificate, encodeCertificate(message));
  }

  /** ClientKeyExchange; from then on there is a master secret. */
  clientKeyExchange(changes: Partial<ClientKeyExchange> = {}): HandshakeInput {
    const { keyExchange } = this.suite;
    const { psk } = this.#options;
    const key = ephemeralKey(this.serverKeyExchange?.ecdh?.group ?? 23);
    const said = this.say(
      HandshakeType.clientKeyExchange,
      encodeClientKeyExchange({
        keyExchange,
        pskIdentity: keyExchange === 'ecdhe_ecdsa' ? undefined : psk?.identity,
        point: keyExchange === 'psk' ? undefined : key.point,
        ...changes,
      }),
    );
    const serverPoint = this.serverKeyExchange?.ecdh?.point ?? ephemeralKey(key.group).point;
    const shared = keyExchange === 'psk' ? undefined : key.agree(serverPoint);
    this.masterSecret = this.#agreed(psk?.key, shared);
    return said;
  }

  /** CertificateVerify, signed by `privateKey`, over `signed` (default: all messages so far). */
  certificateVerify(
    changes: MessageChanges & { privateKey?: KeyObject; scheme?: number; signed?: readonly HandshakeMessage[] } = {},
  ): HandshakeInput {
    const privateKey = changes.privateKey ?? this.#options.credential?.privateKey;
    if (privateKey === undefined) throw new Error('no key to sign with');
    const signature = sign(privateKey, 0x0403, transcriptBytes(changes.signed ?? this.transcript));
    const body = encodeCertificateVerify({ scheme: changes.scheme ?? 0x0403, signature });
    return this.say(HandshakeType.certificateVerify, body, changes);
  }

  changeCipherSpec(): HandshakeInput {
    return { kind: 'changeCipherSpec' };
  }

  /** Its Finished, changed by `change` if there is one. */
  finished(
    changes: MessageChanges & { readonly change?: (verifyData: Uint8Array) => Uint8Array } = {},
  ): HandshakeInput {
    const right = verifyData(this.#master(), 'client', transcriptHash(this.transcript));
    return this.say(HandshakeType.finished, changes.change?.(right) ?? right, { epoch: 1, ...changes });
  }

  /** ChangeCipherSpec and Finished. */
  *end(): Generator<HandshakeInput> {
    yield this.changeCipherSpec();
    yield this.finished();
  }

  /** Any message, next in order. */
  say(type: number, body: Uint8Array, { epoch = 0, sequence = this.#sequence }: MessageChanges = {}): HandshakeInput {
    const message = encodeHandshakeMessage(type, sequence, body);
    this.#sequence += 1;
    this.transcript.push(message);
    return { kind: 'message', message, epoch };
  }

  /** Whether the ServerKeyExchange is signed by the key of a credential. */
  isSignedBy({ privateKey }: OwnCredential): boolean {
    const { ecdh, signed } = this.serverKeyExchange ?? {};
    if (this.serverHello === undefined || ecdh === undefined || signed === undefined) return false;
    const data = serverKeyExchangeData(this.random, this.serverHello.random, encodeEcdhParameters(ecdh));
    return verify(createPublicKey(privateKey), signed.scheme, data, signed.signature);
  }

  #receiveMessage(message: HandshakeMessage): void {
    switch (message.type) {
      case HandshakeType.serverHello:
        this.serverHello = decodeServerHello(message.body);
        break;
      case HandshakeType.certificate: {
        const type = this.serverHello?.extensions.serverCertificateType === 2 ? 2 : 0;
        this.serverCertificate = decodeCertificate(message.body, type);
        break;
      }
      case HandshakeType.serverKeyExchange:
        this.serverKeyExchange = decodeServerKeyExchange(message.body, this.suite.keyExchange);
        break;
      case HandshakeType.certificateRequest:
        this.certificateRequest = decodeCertificateRequest(message.body);
        break;
      case HandshakeType.newSessionTicket:
        this.ticket = decodeNewSessionTicket(message.body);
        break;
      case HandshakeType.finished: {
        const right = verifyData(this.#master(), 'server', transcriptHash(this.transcript));
        this.finishedIsRight = Buffer.compare(right, message.body) === 0;
        break;
      }
    }
    this.transcript.push(message);
  }

  #agreed(key: Uint8Array | undefined, shared: Uint8Array | undefined): Uint8Array {
    const isPsk = this.suite.keyExchange !== 'ecdhe_ecdsa';
    const premaster = isPsk && key !== undefined ? pskPremaster(key, shared) : (shared ?? new Uint8Array(48));
    const { random, extensions } = this.serverHello ?? { random: new Uint8Array(32), extensions: undefined };
    return (extensions?.extendedMasterSecret ?? true)
      ? extendedMasterSecret(premaster, transcriptHash(this.transcript))
      : masterSecret(premaster, this.random, random);
  }

  #ownCertificate(): CertificateMessage {
    const { credential } = this.#options;
    const type = this.serverHello?.extensions.clientCertificateType;
    if (type === 2 && credential?.rawPublicKey !== undefined) return { type, publicKey: credential.rawPublicKey };
    return { type: 0, chain: credential?.chain ?? [] };
  }

  #suites(): CipherSuite[] {
    return CIPHER_SUITES.filter(({ name }) => this.#options.suites.includes(name));
  }

  #master(): Uint8Array {
    return this.masterSecret ?? new Uint8Array(48);
  }
}
