import type { Peer } from '@flownexus/datagram';
import type { DtlsClientOptions, DtlsTransportOptions } from '../api.ts';
import { peerVerifier } from '../auth/peer-verifier.ts';
import type { PeerVerifier } from '../auth/verifier.ts';
import { DtlsError } from '../errors.ts';
import { clientMachine } from '../handshake/client/client-machine.ts';
import type { ResumableSession } from '../handshake/machine.ts';
import type { Association } from './association.ts';
import type { Associations } from './associations.ts';
import { clientContext, type SharedClientContext } from './client-context.ts';
import type { Core } from './core.ts';
import { Handshake, type HandshakeOutcome } from './handshake.ts';
import type { Handshakes } from './handshakes.ts';

interface Connecting {
  readonly serverName: string;
  readonly peer: Promise<Peer>;
}

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
  /** By the key of the peer below. */
  readonly #connecting = new Map<string, Connecting>();
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
    });
  }

  /** The handshake with another server at the same address, which has to end before `connect`. */
  underWayWithAnother(lower: Peer, host: string): Promise<unknown> | undefined {
    const underWay = this.#connecting.get(lower.key);
    const { serverName = host } = this.#client;
    return underWay === undefined || underWay.serverName === serverName ? undefined : underWay.peer.catch(() => {});
  }

  /**
   * The association with a server: the one there is, or a new one. Rejects with the `DtlsError` that its handshake ended with. Throws one when there
   * are too many handshakes.
   */
  connect(lower: Peer, host: string): Promise<Peer> {
    const { serverName = host } = this.#client;
    const live = this.#associations.table.at(lower);
    if (live !== undefined && isFor(live, serverName)) return Promise.resolve(live);
    const underWay = this.#connecting.get(lower.key);
    if (underWay !== undefined) return underWay.peer;
    const { promise, resolve, reject } = Promise.withResolvers<Peer>();
    this.#connecting.set(lower.key, { serverName, peer: promise });
    const onEnded = (outcome: HandshakeOutcome): void => {
      this.#connecting.delete(lower.key);
      this.#remember(lower, outcome);
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.association);
    };
    try {
      this.#begin(lower, serverName, onEnded);
    } catch (error) {
      this.#connecting.delete(lower.key);
      throw error;
    }
    return promise;
  }

  /** The session with a server is not resumed any more. */
  forget(lower: Peer): void {
    this.#sessions.delete(lower.key);
  }

  #begin(lower: Peer, serverName: string, onEnded: (outcome: HandshakeOutcome) => void): void {
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
    const handshake = this.#createHandshake(lower, serverName, onEnded);
    this.#handshakes.begin(handshake);
    handshake.start();
  }

  #createHandshake(lower: Peer, serverName: string, onEnded: (outcome: HandshakeOutcome) => void): Handshake {
    const { connectionIdLength = 0, session, psk } = this.#client;
    const isOffered = connectionIdLength !== 'not-offered';
    const takenCid = isOffered && connectionIdLength > 0 ? this.#associations.table.cids.take() : undefined;
    return new Handshake({
      core: this.#core,
      listener: this.#handshakes,
      role: 'client',
      lower,
      serverName,
      clientRandom: undefined,
      takenCid: () => takenCid,
      machine: clientMachine({
        ...this.#context,
        serverName,
        session: this.#sessions.get(lower.key) ?? session,
        localCid: takenCid ?? (isOffered ? new Uint8Array(0) : undefined),
      }),
      mtu: this.#mtu,
      firstReceiveSequence: 0,
      firstRecordSequence: 0,
      lookUpPsk: () => psk?.key,
      verifyPeer: this.#verifyPeer,
      onEnded,
    });
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

/** Whether an association with a server is what a `connect` to this name would lead to: only certificates prove a name. */
function isFor({ role, identity, serverName }: Association, wanted: string): boolean {
  return role === 'client' && (identity.kind !== 'x509' || serverName === wanted);
}
