import type { PeerIdentity } from '@flownexus/datagram';
import { DtlsError } from '../errors.ts';
import type { ConnectionSecrets, EstablishedConnection } from '../handshake/machine.ts';
import type { ProtectedEpoch } from '../records/protected-epoch.ts';
import type { Association } from './association.ts';
import type { Associations } from './associations.ts';
import type { Core } from './core.ts';
import { HandshakeTable } from './handshake-table.ts';
import type { Handshake, HandshakeListener } from './handshake.ts';

/** The life of handshakes: what they end in, and who is told. */
export class Handshakes implements HandshakeListener {
  readonly table: HandshakeTable = new HandshakeTable();
  readonly #core: Core;
  readonly #associations: Associations;
  readonly #keyLog: ((line: string) => void) | undefined;

  constructor(core: Core, associations: Associations, keyLog: ((line: string) => void) | undefined) {
    this.#core = core;
    this.#associations = associations;
    this.#keyLog = keyLog;
  }

  /** A handshake begins; there is none at its address. */
  begin(handshake: Handshake): void {
    this.#core.counters.handshakesStarted += 1;
    this.table.add(handshake);
  }

  /** Ends a handshake by our own decision, without a word to the peer. */
  abandon(handshake: Handshake, error: DtlsError): void {
    handshake.close();
    this.#fail(handshake, error);
  }

  /** Credentials of clients were changed: ends the handshakes that make use of what they were. */
  revoke(isRevoked: (identity: PeerIdentity) => boolean, error: DtlsError): void {
    for (const handshake of this.table.all()) {
      if (handshake.role !== 'server') continue;
      const peer = handshake.claimedPeer;
      // One that has not said who it is asks for the credential later, or resumes a session.
      if (peer === undefined) handshake.mustNotResume = true;
      else if (isRevoked(peer)) this.abandon(handshake, error);
    }
  }

  /** Ends all of them. Nobody is told but those who wait for a connection. */
  close(error: DtlsError): void {
    for (const handshake of this.table.all()) {
      handshake.close();
      this.table.remove(handshake);
      handshake.onEnded({ error });
    }
  }

  onConnected(handshake: Handshake, connection: EstablishedConnection, epoch: ProtectedEpoch): Association | undefined {
    if (connection.resumed && handshake.mustNotResume) {
      this.abandon(handshake, new DtlsError('ERR_DTLS_AUTHENTICATION', 'the session was revoked while it was resumed'));
    }
    if (!this.table.remove(handshake)) return undefined;
    const { counters, callbacks } = this.#core;
    const { role, lower, takenCid } = handshake;
    const { identity, localCid, resumed } = connection;
    if (takenCid !== undefined && localCid?.length !== takenCid.length) this.#associations.table.cids.release(takenCid);
    counters.handshakesCompleted += 1;
    if (resumed) counters.handshakesResumed += 1;
    const association = this.#associations.begin({ role, lower, identity, epoch, localCid });
    if (!this.#associations.table.has(association)) handshake.close();
    else if (handshake.isLingering) association.lingering = handshake;
    handshake.onEnded({ association, connection });
    callbacks.association(association);
    return association;
  }

  onApplicationData(association: Association, plaintext: Uint8Array): void {
    if (this.#associations.table.has(association)) this.#core.callbacks.datagram(association, plaintext);
  }

  onFailed(handshake: Handshake, error: DtlsError): void {
    if (error.alert !== undefined && error.code !== 'ERR_DTLS_ALERT') this.#core.counters.alertsSent += 1;
    this.#fail(handshake, error);
  }

  onSecrets({ clientRandom, masterSecret }: ConnectionSecrets): void {
    const keyLog = this.#keyLog;
    if (keyLog === undefined) return;
    this.#core.callbacks.call('unsafeKeyLog', () => {
      keyLog(`CLIENT_RANDOM ${hex(clientRandom)} ${hex(masterSecret)}`);
    });
  }

  #fail(handshake: Handshake, error: DtlsError): void {
    if (!this.table.remove(handshake)) return;
    const { lower, role, takenCid, claimedIdentity } = handshake;
    if (takenCid !== undefined) this.#associations.table.cids.release(takenCid);
    this.#core.counters.handshakesFailed += 1;
    handshake.onEnded({ error });
    this.#core.callbacks.handshakeFailed({
      host: lower.host,
      port: lower.port,
      role,
      claimedIdentity,
      reason: error,
    });
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
