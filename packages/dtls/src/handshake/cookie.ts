import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Clock, RandomSource } from '@flownexus/datagram';
import { bytesEqual } from '../crypto/key-schedule.ts';
import { withoutCookie } from '../messages/client-hello.ts';
import { encodeHelloVerifyRequest } from '../messages/hello-verify-request.ts';
import { encodePlainRecord } from '../records/record-codec.ts';
import { ContentType, DTLS_1_0 } from '../records/record.ts';
import { encodeHandshakeMessage, HandshakeType } from './handshake-message.ts';
import type { StatelessHello } from './stateless-hello.ts';

/**
 * Bytes of a cookie. With 32, the most that clients of DTLS 1.0 take, the HelloVerifyRequest would still be smaller than any ClientHello;
 * 16 can't be guessed either and go over the air twice.
 */
const COOKIE_LENGTH = 16;
const SECRET_LENGTH = 32;

/** What a `CookieJar` is made of. */
export interface CookieJarOptions {
  readonly random: RandomSource;
  readonly clock: Clock;
  /** How long a cookie is good for, at least; at most it is twice as long. */
  readonly lifetimeMs: number;
}

/**
 * Makes and knows cookies without keeping anything for a client (RFC 6347 §4.2.1): a cookie is an HMAC-SHA256 over the address of the client and
 * all of its ClientHello but the cookie, extensions included, under a secret that is replaced every `lifetimeMs`. So the second hello
 * has to come from where the first did, and to be the same.
 */
export class CookieJar {
  readonly #random: RandomSource;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  #secret: KeyObject;
  #previous: KeyObject | undefined;
  #since: number;

  constructor(options: CookieJarOptions) {
    this.#random = options.random;
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs;
    this.#secret = newSecret(options.random);
    this.#since = options.clock.now();
  }

  /** The cookie that a client at this address has to show with this hello. */
  cookieFor(host: string, port: number, hello: StatelessHello): Uint8Array {
    this.#rotate();
    return cookie(this.#secret, host, port, hello);
  }

  /** Whether the hello shows a cookie that was made for it and its address. Takes the same time for each that is wrong. */
  accepts(host: string, port: number, hello: StatelessHello): boolean {
    const shown = hello.cookie;
    // Most hellos show none: no need to compute what would fit.
    if (shown.length !== COOKIE_LENGTH) return false;
    this.#rotate();
    if (bytesEqual(shown, cookie(this.#secret, host, port, hello))) return true;
    return this.#previous !== undefined && bytesEqual(shown, cookie(this.#previous, host, port, hello));
  }

  #rotate(): void {
    const periods = Math.floor((this.#clock.now() - this.#since) / this.#lifetimeMs);
    if (periods < 1) return;
    this.#previous = periods === 1 ? this.#secret : undefined;
    this.#secret = newSecret(this.#random);
    this.#since += periods * this.#lifetimeMs;
  }
}

/**
 * The record that asks a client to come again with a cookie (RFC 6347 §4.2.1). It has the sequence number of the record that it answers, and the
 * message_seq of the ClientHello: a client whose cookie is too old waits for that one (§4.2.2). Whatever will be agreed on, it says
 * DTLS 1.0. Its record has the version of the client's: tinydtls, as Wakaama has it, drops records of any other than its own. Always smaller than the
 * ClientHello.
 */
export function helloVerifyRequest(hello: StatelessHello, shown: Uint8Array): Uint8Array {
  const body = encodeHelloVerifyRequest({ version: DTLS_1_0, cookie: shown });
  const message = encodeHandshakeMessage(HandshakeType.helloVerifyRequest, hello.message.sequence, body);
  return encodePlainRecord(ContentType.handshake, hello.recordSequence, message.raw, hello.recordVersion);
}

/** A key object: raw keys cost three times as much in each HMAC (Node 24). */
function newSecret(random: RandomSource): KeyObject {
  return createSecretKey(random.bytes(SECRET_LENGTH));
}

function cookie(secret: KeyObject, host: string, port: number, hello: StatelessHello): Uint8Array {
  const hmac = createHmac('sha256', secret).update(`${host}\0${port}\0`);
  for (const part of withoutCookie(hello.message.body)) hmac.update(part);
  return new Uint8Array(hmac.digest()).subarray(0, COOKIE_LENGTH);
}
