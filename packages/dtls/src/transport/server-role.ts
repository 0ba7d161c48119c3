import type { Peer, PeerIdentity } from '@flownexus/datagram';
import type { DtlsServerOptions, DtlsTransportOptions } from '../api.ts';
import { peerVerifier } from '../auth/peer-verifier.ts';
import type { PeerVerifier } from '../auth/verifier.ts';
import { bytesEqual } from '../crypto/key-schedule.ts';
import { DtlsError } from '../errors.ts';
import { CookieJar, helloVerifyRequest } from '../handshake/cookie.ts';
import { pskIdentityText } from '../handshake/psk-identity.ts';
import { serverMachine } from '../handshake/server/server-machine.ts';
import { statelessHello, type StatelessHello } from '../handshake/stateless-hello.ts';
import type { DtlsRecord } from '../records/record.ts';
import { recordSize } from './record-size.ts';
import { serverResumption, type RevocableResumption } from '../resumption/server-resumption.ts';
import type { Associations } from './associations.ts';
import type { Core } from './core.ts';
import { HandshakeRates } from './handshake-rates.ts';
import { Handshake } from './handshake.ts';
import type { Handshakes } from './handshakes.ts';
import { networkOf } from './network.ts';
import { serverContext, type SharedServerContext } from './server-context.ts';

export interface ServerRoleOptions {
  readonly core: Core;
  readonly server: DtlsServerOptions;
  readonly options: DtlsTransportOptions;
  readonly mtu: number;
  readonly associations: Associations;
  readonly handshakes: Handshakes;
}

/** Accepts handshakes: nothing is kept of a client before it has shown by a cookie that it receives at its address (RFC 6347 §4.2.1). */
export class ServerRole {
  readonly #core: Core;
  readonly #server: DtlsServerOptions;
  readonly #mtu: number;
  readonly #associations: Associations;
  readonly #handshakes: Handshakes;
  readonly #cookies: CookieJar;
  readonly #rates: HandshakeRates;
  readonly #resumption: RevocableResumption;
  readonly #context: SharedServerContext;
  readonly #verifyPeer: PeerVerifier;

  constructor({ core, server, options, mtu, associations, handshakes }: ServerRoleOptions) {
    const { clock, random, limits } = core;
    this.#core = core;
    this.#server = server;
    this.#mtu = mtu;
    this.#associations = associations;
    this.#handshakes = handshakes;
    this.#cookies = new CookieJar({ random, clock, lifetimeMs: limits.cookieMs });
    this.#rates = new HandshakeRates(clock, limits);
    this.#resumption = serverResumption({ clock, random, limits, ...server.resumption });
    this.#context = serverContext(server, options, { random, resumption: this.#resumption });
    this.#verifyPeer = peerVerifier({
      x509: server.x509,
      rawPublicKey: server.rawPublicKey,
      role: 'client',
      clock,
      onError: (error) => {
        core.callbacks.report(error, 'roots');
      },
    });
  }

  /**
   * A record of epoch 0 with a ClientHello, from whoever. Without a good cookie it gets one only if `mayChallenge`: not more often than once for a
   * datagram, as each answer is a packet of its own, whose headers count as well where somebody gave a wrong address.
   */
  onClientHello(lower: Peer, record: DtlsRecord, mayChallenge: boolean): void {
    const received = statelessHello(record);
    if (received === undefined) {
      this.#core.counters.recordsDropped += 1;
      return;
    }
    const { random } = received;
    if (!this.#cookies.accepts(lower.host, lower.port, received)) {
      if (mayChallenge) this.#challenge(lower, received, record);
      else this.#core.counters.recordsDropped += 1;
      return;
    }
    const underWay = this.#handshakes.table.at(lower);
    if (isRepeated(underWay, random)) underWay?.onRecord(record);
    // What made the association, late and once more.
    else if (!isRepeated(this.#associations.table.at(lower)?.lingering, random)) this.#begin(lower, received, record);
  }

  /** No session of this identity is resumed any more. */
  revoke(identity: PeerIdentity): void {
    this.#resumption.revoke(identity);
  }

  /** No session of anybody is resumed any more. */
  revokeAll(): void {
    this.#resumption.revokeAll();
  }

  #challenge(lower: Peer, received: StatelessHello, record: DtlsRecord): void {
    const answer = helloVerifyRequest(received, this.#cookies.cookieFor(lower.host, lower.port, received));
    // Whoever gives a wrong address must not get more than was sent. A ClientHello is never that short.
    if (answer.length > recordSize(record)) {
      this.#core.counters.recordsDropped += 1;
      return;
    }
    this.#core.counters.helloVerifyRequests += 1;
    this.#core.lower.send(lower, answer);
  }

  #begin(lower: Peer, received: StatelessHello, record: DtlsRecord): void {
    const { limits, counters } = this.#core;
    const network = networkOf(lower.host);
    if (!this.#rates.begin(network)) {
      counters.limits += 1;
      return;
    }
    const { table } = this.#handshakes;
    const underWay = table.at(lower);
    if (underWay !== undefined) this.#handshakes.abandon(underWay, closed('the client began anew'));
    const oldest = table.count('server') >= limits.handshakes ? table.oldest('server') : undefined;
    if (oldest !== undefined) {
      counters.limits += 1;
      this.#handshakes.abandon(oldest, new DtlsError('ERR_DTLS_LIMIT', 'there are too many handshakes'));
    }
    const handshake = this.#createHandshake(lower, received, network);
    this.#handshakes.begin(handshake);
    handshake.onRecord(record);
  }

  #createHandshake(lower: Peer, { random, message, recordSequence }: StatelessHello, network: string): Handshake {
    let takenCid: Uint8Array | undefined;
    const { connectionIdLength = DEFAULT_CID_LENGTH } = this.#server;
    const localCid = (): Uint8Array | undefined => {
      if (connectionIdLength > 0) takenCid = this.#associations.table.cids.take();
      return takenCid;
    };
    return new Handshake({
      core: this.#core,
      listener: this.#handshakes,
      role: 'server',
      lower,
      clientRandom: Uint8Array.from(random),
      takenCid: () => takenCid,
      machine: serverMachine({ ...this.#context, localCid }),
      mtu: this.#mtu,
      firstReceiveSequence: message.sequence,
      firstRecordSequence: recordSequence,
      lookUpPsk: (identity) => this.#lookUpPsk(identity),
      verifyPeer: this.#verifyPeer,
      onEnded: () => {
        this.#rates.ended(network);
      },
    });
  }

  #lookUpPsk(identity: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const text = pskIdentityText(identity);
    return text === undefined ? undefined : this.#server.psk?.(text, Uint8Array.from(identity));
  }
}

/** Our Connection IDs as a server, in bytes, unless an option says otherwise. */
export const DEFAULT_CID_LENGTH = 6;

function isRepeated(handshake: Pick<Handshake, 'clientRandom'> | undefined, clientRandom: Uint8Array): boolean {
  return handshake?.clientRandom !== undefined && bytesEqual(handshake.clientRandom, clientRandom);
}

function closed(message: string): DtlsError {
  return new DtlsError('ERR_DTLS_CLOSED', message);
}
