import { encodeAlert } from '../../src/alert.ts';
import { trafficKeys } from '../../src/crypto/key-schedule.ts';
import { encodeHandshakeMessage, HandshakeType } from '../../src/handshake/handshake-message.ts';
import type { HandshakeInput } from '../../src/handshake/machine.ts';
import { Reassembler } from '../../src/handshake/reassembler.ts';
import { decodeHelloVerifyRequest } from '../../src/messages/hello-verify-request.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { decodeRecords, encodePlainRecord } from '../../src/records/record-codec.ts';
import { ContentType, type DtlsRecord } from '../../src/records/record.ts';
import { TestClient, type TestClientOptions } from '../support/test-client.ts';
import { bytes, text } from '../transport/world.ts';
import type { Target } from './target.ts';

const NO_COOKIE = new Uint8Array(0);

/** A `TestClient` with records around it: says whatever it is told to a target, in datagrams, with all keys that it has. */
export class HostileClient {
  readonly host: string;
  readonly port: number;
  /** Application data that it got. */
  readonly heard: string[] = [];
  /** Datagrams that it sent. */
  readonly said: Uint8Array[] = [];
  cookie: Uint8Array = NO_COOKIE;
  readonly talk: TestClient;
  readonly #target: Target;
  readonly #inbox: Uint8Array[];
  readonly #plain = new Reassembler(0);
  readonly #random: Uint8Array;
  #plainSequence = 0;
  #reassembler: Reassembler | undefined;
  /** One for each set of keys that it ever had. */
  readonly #epochs = new Map<string, ProtectedEpoch>();

  constructor(target: Target, host: string, port: number, options: TestClientOptions, random = port) {
    this.host = host;
    this.port = port;
    this.#target = target;
    this.#random = new Uint8Array(32).fill(random & 255).fill(random >> 8, 16);
    this.talk = new TestClient({ ...options, firstSequence: 0, hello: { random: this.#random, ...options.hello } });
    this.talk.random.set(this.#random);
    this.#inbox = target.line.inbox(host, port);
  }

  /** Asks for a cookie. */
  askForCookie(): void {
    this.plain(this.talk.clientHello({ cookie: NO_COOKIE }));
  }

  /** The ClientHello that begins a handshake, when it has a cookie. */
  hello(cookie: Uint8Array = this.cookie): void {
    this.talk.transcript = [];
    const input = this.talk.clientHello({ cookie });
    // The server goes on with the number of this one.
    this.#reassembler = undefined;
    this.plain(input);
  }

  /** A message in epoch 0, or what it is in its own epoch. */
  plain(input: HandshakeInput): void {
    if (input.kind === 'changeCipherSpec') this.record(ContentType.changeCipherSpec, Uint8Array.of(1));
    else if (input.kind === 'message') this.record(ContentType.handshake, input.message.raw);
  }

  /** A message in epoch 1. */
  sealed(input: HandshakeInput): void {
    if (input.kind === 'message') this.protect(ContentType.handshake, input.message.raw);
  }

  /** A record of epoch 0. */
  record(type: number, content: Uint8Array): void {
    this.send(encodePlainRecord(type, this.#plainSequence++, content));
  }

  /** A record of epoch 1, with the latest keys that it has. */
  protect(type: number, content: Uint8Array): void {
    this.send(this.epoch.seal(type, content));
  }

  /** Application data. */
  data(message: string): void {
    this.protect(ContentType.applicationData, bytes(message));
  }

  alert(level: 'warning' | 'fatal', name: Parameters<typeof encodeAlert>[1], isProtected: boolean): void {
    if (isProtected) this.protect(ContentType.alert, encodeAlert(level, name));
    else this.record(ContentType.alert, encodeAlert(level, name));
  }

  /** A ClientHello in the middle of an association. */
  renegotiate(): void {
    this.protect(ContentType.handshake, encodeHandshakeMessage(HandshakeType.clientHello, 0, new Uint8Array(40)).raw);
  }

  send(datagram: Uint8Array): void {
    this.said.push(datagram);
    this.#target.line.deliver(this.host, this.port, datagram);
    this.listen();
  }

  /** Everything up to the association, as the server asks for it. */
  handshake(): void {
    const { talk } = this;
    this.askForCookie();
    this.hello();
    if (talk.certificateRequest !== undefined) this.plain(talk.certificate());
    this.plain(talk.clientKeyExchange());
    if (talk.certificateRequest !== undefined) this.plain(talk.certificateVerify());
    this.plain(talk.changeCipherSpec());
    this.sealed(talk.finished());
  }

  /** Leaves its address. */
  leave(): void {
    this.#target.line.leave(this.host, this.port);
  }

  /** The keys that follow from all that was said. */
  get epoch(): ProtectedEpoch {
    const { masterSecret = new Uint8Array(48), serverHello, suite } = this.talk;
    const serverRandom = serverHello?.random ?? new Uint8Array(32);
    const name = Buffer.concat([masterSecret, serverRandom]).toString('latin1');
    const known = this.#epochs.get(name);
    if (known !== undefined) return known;
    const epoch = new ProtectedEpoch({
      role: 'client',
      keys: trafficKeys(suite, masterSecret, this.#random, serverRandom, false),
      localCid: undefined,
      peerCid: serverHello?.extensions.connectionId,
      maxPlaintext: 16_384,
    });
    this.#epochs.set(name, epoch);
    return epoch;
  }

  /** Takes what has come. */
  listen(): void {
    for (const datagram of this.#inbox.splice(0)) {
      for (const record of decodeRecords(datagram, 0)) this.#onRecord(record);
    }
  }

  #onRecord(record: DtlsRecord): void {
    if (record.epoch === 1) {
      const opened = this.epoch.open(record);
      if (opened?.type === ContentType.applicationData) this.heard.push(text(opened.plaintext) ?? '');
      else if (opened?.type === ContentType.handshake) this.#onContent(opened.plaintext, 1);
    } else if (record.type === ContentType.handshake) {
      if (record.fragment[0] === HandshakeType.helloVerifyRequest) {
        this.cookie = decodeHelloVerifyRequest(record.fragment.subarray(12)).cookie.slice();
      } else {
        this.#onContent(record.fragment, 0);
      }
    }
  }

  #onContent(content: Uint8Array, epoch: 0 | 1): void {
    const sequence = ((content[4] ?? 0) << 8) | (content[5] ?? 0);
    const reassembler = (this.#reassembler ??= sequence === 0 ? this.#plain : new Reassembler(sequence));
    reassembler.add(content);
    for (let message = reassembler.next(); message !== undefined; message = reassembler.next()) {
      this.talk.receive([{ kind: 'message', epoch, message }]);
    }
  }
}
