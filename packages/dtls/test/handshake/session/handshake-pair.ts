import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { Address, PeerIdentity } from '@flownexus/datagram';
import { TimerQueue } from '@flownexus/datagram';
import type { NetworkRule } from '@flownexus/datagram/testing';
import { MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { CIPHER_SUITES } from '../../../src/cipher-suites.ts';
import type { CipherSuite } from '../../../src/cipher-suites.ts';
import type { Role } from '../../../src/crypto/traffic-keys.ts';
import type { DtlsError } from '../../../src/errors.ts';
import { clientMachine } from '../../../src/handshake/client/client-machine.ts';
import type { ServerResumption } from '../../../src/handshake/contexts.ts';
import { CookieJar, helloVerifyRequest } from '../../../src/handshake/cookie.ts';
import type {
  EstablishedConnection,
  HandshakeMachine,
  OwnCredential,
  PeerVerdict,
  ResumableSession,
} from '../../../src/handshake/machine.ts';
import { serverMachine } from '../../../src/handshake/server/server-machine.ts';
import { HandshakeSession } from '../../../src/handshake/session/handshake-session.ts';
import type { HandshakeSessionOptions } from '../../../src/handshake/session/handshake-session.ts';
import { statelessHello } from '../../../src/handshake/stateless-hello.ts';
import { DEFAULT_LIMITS, MAX_PLAINTEXT } from '../../../src/limits.ts';
import type { CertificateMessage } from '../../../src/messages/certificate.ts';
import type { ProtectedEpoch } from '../../../src/records/protected-epoch.ts';
import { decodeRecords } from '../../../src/records/record-codec.ts';
import { ContentType } from '../../../src/records/record.ts';
import type { DtlsRecord } from '../../../src/records/record.ts';

/** How two parties shake hands. */
export interface HandshakePairOptions {
  readonly seed: number;
  readonly suite: CipherSuite;
  readonly mtu: number;
  readonly rule?: NetworkRule;
  readonly latencyMs?: number;
  /** Keys and verdicts come so much later; 0: at once. */
  readonly answerMs?: number;
  /** The key that the server has. */
  readonly serverKey?: Uint8Array;
  readonly resumption?: ServerResumption;
  readonly tickets?: boolean;
  readonly session?: ResumableSession;
  readonly maxFragmentLength?: number;
  /** Length of the Connection IDs of both; undefined: none. */
  readonly cidLength?: number;
}

const PSK = Uint8Array.from({ length: 16 }, (_, index) => index);

function rawCredential(): OwnCredential {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const rawPublicKey = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  return { chain: undefined, rawPublicKey, privateKey, group: 23 };
}

const CREDENTIALS = { client: rawCredential(), server: rawCredential() };

/** One of the two parties: a session, and after it the association. */
export class Party {
  session: HandshakeSession | undefined;
  connection: EstablishedConnection | undefined;
  epoch: ProtectedEpoch | undefined;
  failure: DtlsError | undefined;
  /** When the handshake came to its end. */
  endedAtMs: number | undefined;
  readonly data: number[] = [];
  /** Datagrams sent. */
  datagrams = 0;
  readonly role: Role;
  readonly cidLength: number;
  readonly #pair: HandshakePair;
  readonly #options: HandshakePairOptions;
  readonly #usedNonces = new Set<string>();

  constructor(role: Role, pair: HandshakePair, options: HandshakePairOptions) {
    this.role = role;
    this.#pair = pair;
    this.#options = options;
    this.cidLength = options.cidLength ?? 0;
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined;
  }

  begin(machine: HandshakeMachine, firstReceiveSequence: number, firstRecordSequence: number): HandshakeSession {
    const { clock, timers } = this.#pair;
    this.session = new HandshakeSession({
      role: this.role,
      machine,
      timers,
      limits: DEFAULT_LIMITS,
      mtu: this.#options.mtu,
      firstReceiveSequence,
      firstRecordSequence,
      send: (datagram) => this.#send(datagram),
      lookUpPsk: () => this.#answer(this.role === 'server' ? (this.#options.serverKey ?? PSK) : PSK),
      verifyPeer: (certificate) => this.#answer(verdict(certificate)),
      onSecrets: () => undefined,
      onConnected: (connection, epoch) => {
        this.connection = connection;
        this.epoch = epoch;
        this.endedAtMs = clock.now();
      },
      onApplicationData: (plaintext) => this.data.push(...plaintext),
      onFailed: (error) => {
        this.failure = error;
        this.endedAtMs = clock.now();
      },
    } satisfies HandshakeSessionOptions);
    return this.session;
  }

  /** Records as a transport hands them on. */
  receive(datagram: Uint8Array): void {
    for (const record of decodeRecords(datagram, this.cidLength)) {
      if (record.epoch === 0 || this.epoch === undefined) this.session?.onRecord(record);
      else this.#onProtected(this.epoch, record);
    }
  }

  sendData(byte: number): void {
    if (this.epoch !== undefined) this.#send(this.epoch.seal(ContentType.applicationData, Uint8Array.of(byte)));
  }

  #onProtected(epoch: ProtectedEpoch, record: DtlsRecord): void {
    const opened = epoch.open(record);
    if (opened?.type === ContentType.handshake) this.session?.onHandshakeContent(opened.plaintext);
    if (opened?.type === ContentType.applicationData) this.data.push(...opened.plaintext);
  }

  #send(datagram: Uint8Array): void {
    if (datagram.length > this.#options.mtu) throw new Error(`a datagram of ${datagram.length} bytes`);
    this.datagrams += 1;
    for (const { epoch, sequence } of decodeRecords(datagram, this.#pair.other(this).cidLength)) {
      // The nonce of an AEAD is made of these two (RFC 6655 §3, RFC 5288 §3), and a record is sealed once.
      const nonce = `${epoch}.${sequence}`;
      if (this.#usedNonces.has(nonce)) throw new Error(`record ${nonce} is sent a second time`);
      this.#usedNonces.add(nonce);
    }
    this.#pair.send(this, datagram);
  }

  #answer<T>(value: T): T | Promise<T> {
    const { answerMs = 0 } = this.#options;
    if (answerMs === 0) return value;
    return new Promise((resolve) => {
      this.#pair.clock.schedule(answerMs, () => resolve(value));
    });
  }
}

function verdict(certificate: CertificateMessage): PeerVerdict {
  if (certificate.type !== 2) return { trusted: false, alert: 'unsupported_certificate', reason: 'not a raw key' };
  const publicKey = new Uint8Array(certificate.publicKey);
  const identity: PeerIdentity = { kind: 'rpk', publicKey };
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return { trusted: true, identity, publicKey: key };
}

/** A client and a server, each a session over the machine of its role, on one network. The server asks for a cookie and keeps no state before. */
export class HandshakePair {
  readonly clock: VirtualClock = new VirtualClock();
  readonly timers: TimerQueue = new TimerQueue({ clock: this.clock });
  readonly network: MemoryNetwork;
  readonly client: Party;
  readonly server: Party;
  readonly #options: HandshakePairOptions;
  readonly #cookies: CookieJar;
  readonly #addresses: Record<Role, Address>;

  constructor(options: HandshakePairOptions) {
    this.#options = options;
    this.network = new MemoryNetwork(this.clock, {
      latencyMs: options.latencyMs ?? 20,
      ...(options.rule === undefined ? {} : { rule: options.rule }),
    });
    this.#cookies = new CookieJar({ random: seededRandom(options.seed), clock: this.clock, lifetimeMs: 30_000 });
    this.client = new Party('client', this, options);
    this.server = new Party('server', this, options);
    this.#addresses = {
      client: this.network.bind('192.0.2.1', 40_000, (_from, bytes) => this.client.receive(bytes)),
      server: this.network.bind('192.0.2.2', 5684, (_from, bytes) => this.#onServerDatagram(bytes)),
    };
  }

  other(party: Party): Party {
    return party === this.client ? this.server : this.client;
  }

  send(from: Party, datagram: Uint8Array): void {
    this.inject(this.other(from), datagram);
  }

  /** The client sends its first flight. */
  startClient(): void {
    this.client.begin(clientMachine(this.#clientContext()), 0, 0).start();
  }

  /** A datagram for one of the two, as if the other had sent it. */
  inject(to: Party, datagram: Uint8Array): void {
    this.network.send(this.#addresses[this.other(to).role], this.#addresses[to.role], datagram);
  }

  /** The handshake until both have come to an end, or nothing can happen any more. */
  async run(): Promise<void> {
    this.startClient();
    for (let second = 0; second < 130 && !(this.client.hasEnded && this.server.hasEnded); second += 1) {
      await this.clock.advanceAsync(1000);
    }
  }

  #clientContext(): Parameters<typeof clientMachine>[0] {
    const { seed, session, tickets, maxFragmentLength, cidLength } = this.#options;
    return {
      random: seededRandom(seed),
      suites: CIPHER_SUITES,
      pskIdentity: () => new TextEncoder().encode('device'),
      credential: CREDENTIALS.client,
      serverCertificateTypes: [2],
      serverName: undefined,
      session,
      tickets: tickets ?? false,
      localCid: cidLength === undefined ? undefined : new Uint8Array(cidLength).fill(0xc),
      requireExtendedMasterSecret: true,
      maxFragmentLength,
    };
  }

  #serverContext(): Parameters<typeof serverMachine>[0] {
    const { seed, suite, resumption, cidLength } = this.#options;
    return {
      random: seededRandom(seed + 1),
      suites: [suite],
      psk: true,
      pskIdentityHint: undefined,
      credentialFor: () => CREDENTIALS.server,
      choosesByServerName: false,
      clientCertificates: 'required',
      clientCertificateTypes: [2],
      authorities: [],
      resumption,
      localCid: () => (cidLength === undefined ? undefined : new Uint8Array(cidLength).fill(0x5)),
      requireExtendedMasterSecret: true,
      hideUnknownIdentities: true,
      maxPlaintext: MAX_PLAINTEXT,
    };
  }

  /** What the transport does before there is a session (RFC 6347 §4.2.1). */
  #onServerDatagram(datagram: Uint8Array): void {
    if (this.server.session !== undefined) {
      this.server.receive(datagram);
      return;
    }
    const [record] = decodeRecords(datagram, 0);
    const hello = record === undefined ? undefined : statelessHello(record);
    if (hello === undefined) return;
    const { host, port } = this.#addresses.client;
    if (this.#cookies.accepts(host, port, hello)) {
      this.server.begin(serverMachine(this.#serverContext()), hello.message.sequence, hello.recordSequence);
      this.server.receive(datagram);
    } else {
      this.inject(this.client, helloVerifyRequest(hello, this.#cookies.cookieFor(host, port, hello)));
    }
  }
}
