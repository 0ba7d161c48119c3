import type { Peer, PeerIdentity } from '@flownexus/datagram';
import type { DtlsClientOptions, DtlsTransportOptions } from '../api.ts';
import { hostCheck, peerVerifier } from '../auth/peer-verifier.ts';
import { isAddress } from '../auth/server-host.ts';
import type { PeerVerifier } from '../auth/verifier.ts';
import { DtlsError } from '../errors.ts';
import { clientMachine } from '../handshake/client/client-machine.ts';
import type { ResumableSession } from '../handshake/machine.ts';
import type { Associations } from './associations.ts';
import { clientContext, type SharedClientContext } from './client-context.ts';
import type { Core } from './core.ts';
import { Handshake, type HandshakeOutcome } from './handshake.ts';
import type { Handshakes } from './handshakes.ts';

export interface ClientRoleOptions {
  readonly core: Core;
  readonly client: DtlsClientOptions;
  readonly options: DtlsTransportOptions;
  readonly mtu: number;
  readonly associations: Associations;
  readonly handshakes: Handshakes;
}

/** Begins handshakes. */
export class ClientRole {
  readonly #core: Core;
  readonly #client: DtlsClientOptions;
  readonly #mtu: number;
  readonly #associations: Associations;
  readonly #handshakes: Handshakes;
  readonly #context: SharedClientContext;
  readonly #verifyPeer: PeerVerifier;
  /** Whether a server that is known is the one that is asked for. */
  readonly #isServerOf: (identity: PeerIdentity, host: string) => boolean;
  /** By the key of the peer below: the handshakes under way, and the server that each is with. */
  readonly #connecting = new Map<string, { readonly expected: string; readonly promise: Promise<Peer> }>();
  /** What servers let us resume, by the key of the peer below; what was used last comes last. */
  readonly #sessions = new Map<string, ResumableSession>();

  constructor({ core, client, options, mtu, associations, handshakes }: ClientRoleOptions) {
    this.#core = core;
    this.#client = client;
    this.#mtu = mtu;
    this.#associations = associations;
    this.#handshakes = handshakes;
    this.#context = clientContext(client, options, core.random);
    this.#verifyPeer = peerVerifier({
      x509: client.x509,
      rawPublicKey: client.rawPublicKey,
      role: 'server',
      clock: core.clock,
      onError: (error) => {
        core.callbacks.report(error, 'roots');
      },
    });
    this.#isServerOf = hostCheck(client.x509);
  }

  /** What has to be waited for before `connect`: a handshake with another server at the same address. */
  underWayWithAnother(lower: Peer, host: string): Promise<unknown> | undefined {
    const underWay = this.#connecting.get(lower.key);
    if (underWay === undefined || underWay.expected === this.#expected(host)) return undefined;
    return underWay.promise.catch(() => {});
  }

  /**
   * The association with a server: the one there is, or a new one, which takes the place of that with another server at this address. Rejects with
   * the `DtlsError` that its handshake ended with.
   */
  connect(lower: Peer, host: string): Promise<Peer> {
    const expected = this.#expected(host);
    const live = this.#associations.table.at(lower);
    if (live?.role === 'client' && this.#isServerOf(live.identity, expected)) return Promise.resolve(live);
    const underWay = this.#connecting.get(lower.key);
    if (underWay !== undefined) return underWay.promise;
    const { promise, resolve, reject } = Promise.withResolvers<Peer>();
    // Before it begins: it may end at once.
    this.#connecting.set(lower.key, { expected, promise });
    const onEnded = (outcome: HandshakeOutcome): void => {
      this.#connecting.delete(lower.key);
      this.#remember(lower, outcome);
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.association);
    };
    try {
      this.#begin(lower, expected, onEnded);
    } catch (error) {
      this.#connecting.delete(lower.key);
      reject(error);
    }
    return promise;
  }

  /** The session with a server is not resumed any more. */
  forget(lower: Peer): void {
    this.#sessions.delete(lower.key);
  }

  #begin(lower: Peer, expected: string, onEnded: (outcome: HandshakeOutcome) => void): void {
    const { limits, counters } = this.#core;
    const { table } = this.#handshakes;
    if (table.count('client') >= limits.handshakes) {
      counters.limits += 1;
      throw new DtlsError('ERR_DTLS_LIMIT', 'there are too many handshakes');
    }
    // Of two handshakes with one address our own is the one that we wait for.
    const underWay = table.at(lower);
    if (underWay !== undefined) {
      this.#handshakes.abandon(underWay, new DtlsError('ERR_DTLS_CLOSED', 'a handshake of our own took its place'));
    }
    const handshake = this.#createHandshake(lower, expected, onEnded);
    this.#handshakes.begin(handshake);
    handshake.start();
  }

  #createHandshake(lower: Peer, expected: string, onEnded: (outcome: HandshakeOutcome) => void): Handshake {
    const { connectionIdLength = 0, psk } = this.#client;
    const serverName = serverNameOf(expected);
    const isOffered = connectionIdLength !== 'not-offered';
    const takenCid = isOffered && connectionIdLength > 0 ? this.#associations.table.cids.take() : undefined;
    return new Handshake({
      core: this.#core,
      listener: this.#handshakes,
      role: 'client',
      lower,
      clientRandom: undefined,
      takenCid: () => takenCid,
      machine: clientMachine({
        ...this.#context,
        serverName,
        session: this.#sessionWith(lower, expected),
        localCid: takenCid ?? (isOffered ? new Uint8Array(0) : undefined),
      }),
      mtu: this.#mtu,
      firstReceiveSequence: 0,
      firstRecordSequence: 0,
      lookUpPsk: () => psk?.key,
      // Without a name the certificate has to be that of the address (RFC 7252 §9.1.3.3).
      verifyPeer: (certificate) => this.#verifyPeer(certificate, serverName ?? expected),
      onEnded,
    });
  }

  /** The name or address that the server has to be known by. */
  #expected(host: string): string {
    return this.#client.serverName ?? host;
  }

  #sessionWith(lower: Peer, expected: string): ResumableSession | undefined {
    const session = this.#sessions.get(lower.key) ?? this.#client.session;
    return session !== undefined && this.#isServerOf(session.identity, expected) ? session : undefined;
  }

  #remember(lower: Peer, outcome: HandshakeOutcome): void {
    // A session that may be the reason of a failure is not offered again.
    this.forget(lower);
    if ('error' in outcome) return;
    const { resumable } = outcome.connection;
    if (resumable === undefined) return;
    this.#sessions.set(lower.key, resumable);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > this.#core.limits.sessions && oldest !== undefined) this.#sessions.delete(oldest);
    this.#core.callbacks.call('onResumable', () => this.#client.onResumable?.(resumable));
  }
}

/** RFC 6066 §3: a name, without the dot that may end it; addresses are none. */
function serverNameOf(host: string): string | undefined {
  return isAddress(host) ? undefined : host.replace(/\.$/, '');
}
