import {
  systemClock,
  systemRandom,
  TimerQueue,
  TransportError,
  type DatagramHandler,
  type DatagramTransport,
  type Peer,
  type PeerIdentity,
} from '@flownexus/datagram';
import type { DtlsStatistics, DtlsTransportOptions } from '../api.ts';
import { DtlsError } from '../errors.ts';
import { HandshakeType } from '../handshake/handshake-message.ts';
import { MAX_CLOSE_NOTIFIES } from '../limits.ts';
import { decodeRecords } from '../records/record-codec.ts';
import { ContentType, type DtlsRecord } from '../records/record.ts';
import type { Association } from './association.ts';
import { Associations } from './associations.ts';
import { Callbacks } from './callbacks.ts';
import { checkedCidLength, checkedLimits, checkedMtu, checkLower, largestDatagram } from './check-options.ts';
import { ClientRole } from './client-role.ts';
import type { Core } from './core.ts';
import { zeroCounters } from './counters.ts';
import { Handshakes } from './handshakes.ts';
import { Persistence } from './persistence.ts';
import { RecordReceiver } from './record-receiver.ts';
import { RecordSender } from './record-sender.ts';
import { restoreAssociations } from './restore.ts';
import { ServerRole } from './server-role.ts';

/** DTLS 1.2 over another transport (RFC 6347). Made by `dtlsTransport`. */
export interface DtlsTransport extends DatagramTransport {
  readonly statistics: DtlsStatistics;
  /**
   * Resolves to the association with a server: one that lives, or a new one. Only `disconnect` of the one that lives leads to a new one. Rejects with a `DtlsError` that says why there is none, and with a
   * `TransportError` when the transport is not open or the name has no address.
   */
  connect(host: string, port: number): Promise<Peer>;
  confirmPath(peer: Peer): void;
  disconnect(peer: Peer, reason: string): void;
  /**
   * Credentials of clients were changed or removed. Ends the associations of those that `isRevoked` names, like `disconnect`, and the handshakes in
   * which they are. No session of any client is resumed that began before: a ticket does not tell whose it is.
   */
  revoke(isRevoked: (identity: PeerIdentity) => boolean, reason: string): void;
  /** The association with a key, such as one that was kept over a restart. */
  find(key: string): Peer | undefined;
  /** As `find`, once open: an association knows itself where it is. */
  recall(key: string, host: string, port: number): Peer | undefined;
}

/**
 * A transport that protects the datagrams of another one with DTLS 1.2, for any number of peers on one socket, as server, client or both.
 *
 * @example
 * const transport = dtlsTransport({
 *   transport: udpTransport({ port: 5684 }),
 *   server: { psk: (identity) => keys.get(identity) },
 * });
 */
export function dtlsTransport(options: DtlsTransportOptions): DtlsTransport {
  return new DtlsDatagramTransport(options);
}

type State = 'new' | 'opening' | 'open' | 'closed';

class DtlsDatagramTransport implements DtlsTransport {
  readonly scheme: string = 'coaps';
  readonly maxDatagramSize: number;
  readonly #core: Core;
  readonly #cidLength: number;
  readonly #persistence: Persistence | undefined;
  readonly #associations: Associations;
  readonly #handshakes: Handshakes;
  readonly #sender: RecordSender;
  readonly #receiver: RecordReceiver;
  readonly #server: ServerRole | undefined;
  readonly #client: ClientRole | undefined;
  #state: State = 'new';
  #opening: Promise<void> = Promise.resolve();
  /** What was revoked before the associations of the store were here. */
  readonly #earlyRevocations: Parameters<DtlsTransport['revoke']>[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: DtlsTransportOptions) {
    const { transport: lower, clock = systemClock, random = systemRandom, store, server, client } = options;
    const { addressUpdate = 'newest' } = options;
    checkLower(options);
    const mtu = checkedMtu(options);
    const limits = checkedLimits(options.limits);
    const counters = zeroCounters();
    const callbacks = new Callbacks(options, counters);
    const timers = new TimerQueue({
      clock,
      onError: (error) => {
        callbacks.report(error, 'timer');
      },
    });
    const core = { lower, clock, random, timers, limits, counters, callbacks };
    this.maxDatagramSize = largestDatagram(options);
    this.#core = core;
    this.#cidLength = checkedCidLength(options);
    const persistence =
      store &&
      new Persistence(core, store, ({ lower: present, path }) =>
        addressUpdate === 'proven' && path !== undefined ? path.proven : present,
      );
    const associations = new Associations({ core, cidLength: this.#cidLength, persistence });
    const handshakes = new Handshakes(core, associations, options.unsafeKeyLog);
    const parts = { core, options, mtu, associations, handshakes };
    this.#persistence = persistence;
    this.#associations = associations;
    this.#handshakes = handshakes;
    this.#server = server && new ServerRole({ ...parts, server });
    this.#client = client && new ClientRole({ ...parts, client });
    this.#sender = new RecordSender(core, persistence);
    this.#receiver = new RecordReceiver({
      core,
      associations,
      sender: this.#sender,
      persistence,
      addressUpdate,
      revoke: (association) => {
        this.#revoke(association);
      },
    });
  }

  get localAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#state === 'open' ? this.#core.lower.localAddress : undefined;
  }

  get statistics(): DtlsStatistics {
    return {
      ...this.#core.counters,
      associations: this.#associations.table.size,
      handshakes: this.#handshakes.table.size,
    };
  }

  async open(handler: DatagramHandler): Promise<void> {
    if (this.#state === 'closed') throw new TransportError('ERR_DATAGRAM_CLOSED', 'the transport is closed');
    if (this.#state !== 'new') throw new TransportError('ERR_DATAGRAM_OPEN', 'the transport was already opened');
    this.#state = 'opening';
    const opening = this.#open(handler);
    // For close(), which only waits; the failure goes to whoever opens.
    this.#opening = opening.catch(() => {});
    await opening;
  }

  send(peer: Peer, datagram: Uint8Array): void {
    const { counters } = this.#core;
    const association = this.#state === 'open' ? this.find(peer.key) : undefined;
    if (association === undefined) counters.sendsRefused += 1;
    else if (datagram.length > this.maxDatagramSize) counters.limits += 1;
    else this.#sender.sendDatagram(association, datagram);
  }

  async connect(host: string, port: number): Promise<Peer> {
    const { lower } = this.#core;
    if (this.#client === undefined || lower.connect === undefined) {
      throw new TypeError('the transport has no `client` options');
    }
    // What is not open below rejects here.
    const peer = await lower.connect(host, port);
    for (;;) {
      if (this.#state !== 'open') throw new TransportError('ERR_DATAGRAM_CLOSED', 'the transport is not open');
      const underWay = this.#client.underWayWithAnother(peer, host);
      if (underWay === undefined) return this.#client.connect(peer, host);
      await underWay;
    }
  }

  confirmPath(peer: Peer): void {
    const association = this.find(peer.key);
    if (association !== undefined) this.#associations.confirmPath(association);
  }

  disconnect(peer: Peer, reason: string): void {
    const association = this.find(peer.key);
    if (association === undefined) return;
    this.#revoke(association);
    this.#sender.sendAlert(association, 'warning', 'close_notify');
    this.#associations.end(association, new DtlsError('ERR_DTLS_CLOSED', reason));
  }

  revoke(isRevoked: (identity: PeerIdentity) => boolean, reason: string): void {
    if (this.#state === 'new' || this.#state === 'opening') this.#earlyRevocations.push([isRevoked, reason]);
    this.#server?.revokeAll();
    this.#handshakes.revoke(isRevoked, new DtlsError('ERR_DTLS_CLOSED', reason));
    for (const association of this.#associations.table.all()) {
      if (association.role === 'server' && isRevoked(association.identity)) this.disconnect(association, reason);
    }
  }

  recall(key: string): Association | undefined {
    return this.#state === 'open' ? this.find(key) : undefined;
  }

  find(key: string): Association | undefined {
    return this.#associations.table.find(key);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(handler: DatagramHandler): Promise<void> {
    const { lower, callbacks } = this.#core;
    const persistence = this.#persistence;
    try {
      const loaded = await persistence?.load();
      await lower.open({
        onDatagram: (peer, datagram) => {
          this.#onDatagram(peer, datagram);
        },
        onPeerClosed: () => {},
      });
      if (persistence !== undefined && loaded !== undefined) {
        const parts = { core: this.#core, associations: this.#associations, cidLength: this.#cidLength };
        await restoreAssociations(loaded, { ...parts, persistence });
      }
    } catch (error) {
      persistence?.release();
      // Not open, but not used up either: the caller may try again.
      this.#moveFrom('opening', 'new');
      throw error;
    }
    callbacks.handler = handler;
    // close() during open() waits for it.
    if (!this.#moveFrom('opening', 'open')) {
      callbacks.handler = undefined;
      throw new TransportError('ERR_DATAGRAM_CLOSED', 'the transport is closed');
    }
    for (const [isRevoked, reason] of this.#earlyRevocations.splice(0)) this.revoke(isRevoked, reason);
  }

  async #close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    await this.#opening;
    const { lower, callbacks, timers } = this.#core;
    callbacks.handler = undefined;
    this.#handshakes.close(new DtlsError('ERR_DTLS_CLOSED', 'the transport was closed'));
    const associations = this.#associations.table.all();
    for (const association of associations) association.lingering?.close();
    // With a store the associations outlive this: nobody is told that they end, least of all who sleeps.
    if (this.#persistence === undefined && wasOpen) this.#sayGoodbye(associations);
    await this.#persistence?.close(associations);
    this.#associations.table.clear();
    timers.clear();
    await lower.close();
  }

  /** Tells those that were heard of last that their associations end. */
  #sayGoodbye(associations: readonly Association[]): void {
    for (const association of associations.slice(-MAX_CLOSE_NOTIFIES)) {
      this.#sender.sendAlert(association, 'warning', 'close_notify');
    }
  }

  #moveFrom(expected: State, next: State): boolean {
    if (this.#state !== expected) return false;
    this.#state = next;
    return true;
  }

  #revoke({ role, identity, lower }: Association): void {
    if (role === 'server') this.#server?.revoke(identity);
    else this.#client?.forget(lower);
  }

  #onDatagram(lower: Peer, datagram: Uint8Array): void {
    const { counters } = this.#core;
    const records = decodeRecords(datagram, this.#cidLength);
    if (records.length === 0) counters.recordsDropped += 1;
    const challenges = counters.helloVerifyRequests;
    for (const record of records) {
      if (this.#state !== 'open') return;
      counters.recordsReceived += 1;
      if (record.epoch === 0) this.#onPlainRecord(lower, record, counters.helloVerifyRequests === challenges);
      else if (record.cid !== undefined)
        this.#onProtectedRecord(lower, record, this.#associations.table.cids.find(record.cid));
      else this.#onProtectedRecord(lower, record, this.#associations.table.at(lower));
    }
  }

  /** Nothing of epoch 0 touches an association: whoever knows an address could send it. */
  #onPlainRecord(lower: Peer, record: DtlsRecord, mayChallenge: boolean): void {
    const handshake = this.#handshakes.table.at(lower);
    const isClientHello = record.type === ContentType.handshake && record.fragment[0] === HandshakeType.clientHello;
    if (isClientHello && this.#server !== undefined && handshake?.role !== 'client') {
      this.#server.onClientHello(lower, record, mayChallenge);
      return;
    }
    if (record.type === ContentType.alert && handshake !== undefined) this.#core.counters.alertsReceived += 1;
    if (handshake === undefined) this.#core.counters.recordsDropped += 1;
    else handshake.onRecord(record);
  }

  #onProtectedRecord(lower: Peer, record: DtlsRecord, association: Association | undefined): void {
    const epoch = association?.epoch;
    const replayed = epoch?.replayed;
    const forged = epoch?.forged;
    if (association !== undefined && this.#receiver.receive(association, record, lower)) return;
    // A handshake beside an association: the record may be its Finished.
    const handshake = this.#handshakes.table.at(lower);
    if (handshake !== undefined) handshake.onRecord(record);
    else if (association !== undefined && epoch !== undefined && epoch.replayed !== replayed)
      this.#receiver.refused(association, record, true);
    else if (association !== undefined && epoch !== undefined && epoch.forged !== forged)
      this.#receiver.refused(association, record, false);
    else this.#core.counters.recordsDropped += 1;
  }
}
