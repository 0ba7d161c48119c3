import type { Peer, PeerIdentity } from '@flownexus/datagram';
import type { PeerVerifier } from '../auth/verifier.ts';
import type { Role } from '../crypto/traffic-keys.ts';
import type { DtlsError } from '../errors.ts';
import type { ConnectionSecrets, EstablishedConnection, HandshakeMachine } from '../handshake/machine.ts';
import { HandshakeSession } from '../handshake/session/handshake-session.ts';
import type { ProtectedEpoch } from '../records/protected-epoch.ts';
import type { DtlsRecord } from '../records/record.ts';
import type { Association } from './association.ts';
import { claimedName, claimedPeer, type Claim } from './claimed-name.ts';
import type { Core } from './core.ts';

/** Whom a handshake tells. Each of `onConnected` and `onFailed` comes at most once, and not both. */
export interface HandshakeListener {
  onConnected(handshake: Handshake, connection: EstablishedConnection, epoch: ProtectedEpoch): Association | undefined;
  /** After `onConnected`, with what that gave: what came before the handshake was finished. */
  onApplicationData(association: Association, plaintext: Uint8Array): void;
  onFailed(handshake: Handshake, error: DtlsError): void;
  /** For a key log. */
  onSecrets(secrets: ConnectionSecrets): void;
}

export interface HandshakeOptions {
  readonly core: Core;
  readonly listener: HandshakeListener;
  readonly role: Role;
  readonly lower: Peer;
  /** On a server: what tells a repeated ClientHello from one of a client that began anew. */
  readonly clientRandom: Uint8Array | undefined;
  /** Our Connection ID if one was taken for this handshake: asked when the handshake ends. */
  readonly takenCid: () => Uint8Array | undefined;
  readonly machine: HandshakeMachine;
  readonly mtu: number;
  readonly firstReceiveSequence: number;
  readonly firstRecordSequence: number;
  readonly lookUpPsk: (identity: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  readonly verifyPeer: PeerVerifier;
  /** It is over: with an association, or with the reason why there is none. Comes once. */
  readonly onEnded: (outcome: HandshakeOutcome) => void;
}

/** How a handshake ended. */
export type HandshakeOutcome =
  { readonly association: Association; readonly connection: EstablishedConnection } | { readonly error: DtlsError };

/** One handshake with one address: its session, and what the transport has to know of it. */
export class Handshake {
  readonly role: Role;
  readonly lower: Peer;
  readonly clientRandom: Uint8Array | undefined;
  readonly onEnded: (outcome: HandshakeOutcome) => void;
  /** It must not end in a session that is resumed: what it was found in has been revoked since. */
  mustNotResume = false;
  readonly #takenCid: () => Uint8Array | undefined;
  readonly #session: HandshakeSession;
  #claim: Claim | undefined;

  constructor(options: HandshakeOptions) {
    const { core, listener, role, lower, lookUpPsk, verifyPeer } = options;
    this.role = role;
    this.lower = lower;
    this.clientRandom = options.clientRandom;
    this.onEnded = options.onEnded;
    this.#takenCid = options.takenCid;
    let association: Association | undefined;
    this.#session = new HandshakeSession({
      role,
      machine: options.machine,
      timers: core.timers,
      limits: core.limits,
      mtu: options.mtu,
      firstReceiveSequence: options.firstReceiveSequence,
      firstRecordSequence: options.firstRecordSequence,
      send: (datagram) => {
        core.lower.send(lower, datagram);
      },
      lookUpPsk: (identity) => {
        this.#claim = { psk: identity };
        return lookUpPsk(identity);
      },
      verifyPeer: (certificate, serverName) => {
        this.#claim = { certificate };
        return verifyPeer(certificate, serverName);
      },
      onSecrets: (secrets) => {
        listener.onSecrets(secrets);
      },
      onConnected: (connection, epoch) => {
        association = listener.onConnected(this, connection, epoch);
      },
      onApplicationData: (plaintext) => {
        if (association !== undefined) listener.onApplicationData(association, plaintext);
      },
      onFailed: (error) => {
        listener.onFailed(this, error);
      },
    });
  }

  /** What the peer called itself, without proof. */
  get claimedIdentity(): string | undefined {
    return this.#claim && claimedName(this.#claim);
  }

  /** The same as an identity. */
  get claimedPeer(): PeerIdentity | undefined {
    return this.#claim && claimedPeer(this.#claim);
  }

  get takenCid(): Uint8Array | undefined {
    return this.#takenCid();
  }

  /** Whether its last flight may be asked for again. */
  get isLingering(): boolean {
    return this.#session.isLingering;
  }

  /** Sends the first flight of a client. */
  start(): void {
    this.#session.start();
  }

  onRecord(record: DtlsRecord): void {
    this.#session.onRecord(record);
  }

  /** The peer repeats its Finished: it may not have ours. */
  repeat(content: Uint8Array): void {
    this.#session.onHandshakeContent(content);
  }

  /** Ends it without a word. No call of the listener follows. */
  close(): void {
    this.#session.close();
  }
}
