import type { KeyObject } from 'node:crypto';
import { CIPHER_SUITES, type CipherSuite } from '../../src/cipher-suites.ts';
import { ephemeralKey, type EphemeralKey } from '../../src/crypto/ecdhe.ts';
import {
  extendedMasterSecret,
  masterSecret,
  pskPremaster,
  transcriptHash,
  verifyData,
} from '../../src/crypto/key-schedule.ts';
import { serverKeyExchangeData, sign, verify } from '../../src/crypto/signature.ts';
import { encodeHandshakeMessage, HandshakeType, type HandshakeMessage } from '../../src/handshake/handshake-message.ts';
import type { FlightItem, HandshakeInput } from '../../src/handshake/machine.ts';
import { encodeCertificateRequest } from '../../src/messages/certificate-request.ts';
import { decodeCertificateVerify } from '../../src/messages/certificate-verify.ts';
import {
  decodeCertificate,
  encodeCertificate,
  type CertificateMessage,
  type CertificateRequest,
} from '../../src/messages/certificate.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeClientKeyExchange } from '../../src/messages/client-key-exchange.ts';
import { encodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import type { ClientHello, ServerExtensions, ServerHello } from '../../src/messages/hello.ts';
import type { ClientKeyExchange, EcdhParameters, ServerKeyExchange } from '../../src/messages/key-exchange.ts';
import { encodeNewSessionTicket } from '../../src/messages/new-session-ticket.ts';
import { noServerExtensions } from '../../src/messages/server-extensions.ts';
import { encodeServerHello } from '../../src/messages/server-hello.ts';
import { encodeServerKeyExchange, encodeEcdhParameters } from '../../src/messages/server-key-exchange.ts';

/** How a `TestServer` behaves. */
export interface TestServerOptions {
  /** The name of its suite. */
  readonly suite: string;
  readonly psk?: Uint8Array;
  /** Signs its ServerKeyExchange. */
  readonly signingKey?: KeyObject;
  /** Added to those of its ServerHello: the extended master secret and an empty renegotiation_info. */
  readonly extensions?: Partial<ServerExtensions>;
  readonly sessionId?: Uint8Array;
  /** The certificate type that clients show. */
  readonly clientCertificateType?: CertificateMessage['type'];
  /** The master secret of a session that it resumes. */
  readonly resumedMasterSecret?: Uint8Array;
}

/**
 * A server made of the codecs, without a mind of its own: a test makes it say what it wants, in the order that it wants. It keeps the
 * transcript and the keys, and reads the flights of a client without judging them.
 */
export class TestServer {
  readonly suite: CipherSuite;
  readonly random: Uint8Array = new Uint8Array(32).fill(0x5e);
  readonly ephemeral: EphemeralKey = ephemeralKey(23);
  transcript: HandshakeMessage[] = [];
  hellos: ClientHello[] = [];
  certificate: CertificateMessage | undefined;
  keyExchange: ClientKeyExchange | undefined;
  /** Whether the CertificateVerify fits a key; undefined when there was none. */
  verifiedBy: ((key: KeyObject) => boolean) | undefined;
  masterSecret: Uint8Array | undefined;
  /** Whether the last Finished of the client was right. */
  finishedIsRight: boolean | undefined;
  readonly #options: TestServerOptions;
  #sequence = 0;

  constructor(options: TestServerOptions) {
    const suite = CIPHER_SUITES.find(({ name }) => name === options.suite);
    if (suite === undefined) throw new Error(`no suite ${options.suite}`);
    this.suite = suite;
    this.#options = options;
    this.masterSecret = options.resumedMasterSecret;
  }

  get hello(): ClientHello {
    const hello = this.hellos.at(-1);
    if (hello === undefined) throw new Error('no ClientHello yet');
    return hello;
  }

  /** Takes a flight of the client. */
  receive(flight: readonly FlightItem[]): void {
    for (const item of flight) if (item.kind === 'message') this.#receiveMessage(item.message);
  }

  helloVerifyRequest(version = 0xfeff, cookie: Uint8Array = Uint8Array.of(1, 2, 3, 4)): HandshakeInput {
    const said = this.say(HandshakeType.helloVerifyRequest, encodeHelloVerifyRequest({ version, cookie }));
    // RFC 6347 §4.2.1: the transcript begins with the ClientHello that has the cookie.
    this.transcript = [];
    return said;
  }

  serverHello(changes: Partial<ServerHello> = {}): HandshakeInput {
    const extensions = {
      ...noServerExtensions,
      extendedMasterSecret: true,
      renegotiationInfo: new Uint8Array(0),
      ...this.#options.extensions,
    };
    const hello = {
      version: 0xfefd,
      random: this.random,
      sessionId: this.#options.sessionId ?? new Uint8Array(0),
      cipherSuite: this.suite.id,
      compressionMethod: 0,
      extensions,
    };
    return this.say(HandshakeType.serverHello, encodeServerHello({ ...hello, ...changes }));
  }

  certificateMessage(message: CertificateMessage = serverCertificate): HandshakeInput {
    return this.say(HandshakeType.certificate, encodeCertificate(message));
  }

  serverKeyExchange(changes: Partial<ServerKeyExchange> = {}, ecdh: EcdhParameters = this.ephemeral): HandshakeInput {
    const { keyExchange } = this.suite;
    const parameters = keyExchange === 'psk' ? undefined : ecdh;
    const body = encodeServerKeyExchange({
      keyExchange,
      pskIdentityHint: undefined,
      ecdh: parameters,
      signed: keyExchange === 'ecdhe_ecdsa' ? this.#signed(ecdh) : undefined,
      ...changes,
    });
    return this.say(HandshakeType.serverKeyExchange, body);
  }

  certificateRequest(changes: Partial<CertificateRequest> = {}): HandshakeInput {
    const request = { certificateTypes: [1, 64], signatureSchemes: [0x0401, 0x0403], authorities: [], ...changes };
    return this.say(HandshakeType.certificateRequest, encodeCertificateRequest(request));
  }

  serverHelloDone(body: Uint8Array = new Uint8Array(0)): HandshakeInput {
    return this.say(HandshakeType.serverHelloDone, body);
  }

  newSessionTicket(ticket: Uint8Array): HandshakeInput {
    return this.say(HandshakeType.newSessionTicket, encodeNewSessionTicket({ lifetimeSeconds: 3600, ticket }));
  }

  changeCipherSpec(): HandshakeInput {
    return { kind: 'changeCipherSpec' };
  }

  /** Its Finished, changed by `change` if there is one. */
  finished(options: { epoch?: number; change?: (verifyData: Uint8Array) => Uint8Array } = {}): HandshakeInput {
    const right = verifyData(this.#master(), 'server', transcriptHash(this.transcript));
    return this.say(HandshakeType.finished, options.change?.(right) ?? right, options.epoch ?? 1);
  }

  /** Any message, next in order. */
  say(type: number, body: Uint8Array, epoch = 0): HandshakeInput {
    const message = encodeHandshakeMessage(type, this.#sequence, body);
    this.#sequence += 1;
    this.transcript.push(message);
    return { kind: 'message', message, epoch };
  }

  #receiveMessage(message: HandshakeMessage): void {
    switch (message.type) {
      case HandshakeType.clientHello:
        this.hellos.push(decodeClientHello(message.body));
        break;
      case HandshakeType.certificate:
        this.certificate = decodeCertificate(message.body, this.#options.clientCertificateType ?? 0);
        break;
      case HandshakeType.certificateVerify: {
        const { scheme, signature } = decodeCertificateVerify(message.body);
        const signed = this.#bytes();
        this.verifiedBy = (key) => verify(key, scheme, signed, signature);
        break;
      }
      case HandshakeType.finished: {
        const right = verifyData(this.#master(), 'client', transcriptHash(this.transcript));
        this.finishedIsRight = Buffer.compare(right, message.body) === 0;
        break;
      }
    }
    this.transcript.push(message);
    if (message.type === HandshakeType.clientKeyExchange) this.#agree(message.body);
  }

  #agree(body: Uint8Array): void {
    const exchange = decodeClientKeyExchange(body, this.suite.keyExchange);
    this.keyExchange = exchange;
    const shared = exchange.point === undefined ? undefined : this.ephemeral.agree(exchange.point);
    const { psk } = this.#options;
    const premaster =
      psk === undefined || this.suite.keyExchange === 'ecdhe_ecdsa' ? shared : pskPremaster(psk, shared);
    if (premaster === undefined) throw new Error('neither a point nor a pre-shared key');
    const extended = this.#options.extensions?.extendedMasterSecret ?? true;
    this.masterSecret = extended
      ? extendedMasterSecret(premaster, transcriptHash(this.transcript))
      : masterSecret(premaster, this.hello.random, this.random);
  }

  #signed(ecdh: EcdhParameters): { scheme: number; signature: Uint8Array } {
    const { signingKey } = this.#options;
    if (signingKey === undefined) throw new Error('no key to sign with');
    const data = serverKeyExchangeData(this.hello.random, this.random, encodeEcdhParameters(ecdh));
    return { scheme: 0x0403, signature: sign(signingKey, 0x0403, data) };
  }

  #bytes(): Uint8Array {
    return Uint8Array.from(this.transcript.flatMap(({ raw }) => [...raw]));
  }

  #master(): Uint8Array {
    if (this.masterSecret === undefined) throw new Error('no keys yet');
    return this.masterSecret;
  }
}

/** What a `TestServer` shows. The machines don't look into certificates. */
export const serverCertificate: CertificateMessage = {
  type: 0,
  chain: [Uint8Array.of(0x30, 1), Uint8Array.of(0x30, 2)],
};
