import type { Peer } from '@flownexus/datagram';
import { decodeAlert } from '../alert.ts';
import type { DtlsTransportOptions } from '../api.ts';
import { DtlsError } from '../errors.ts';
import { HandshakeType } from '../handshake/handshake-message.ts';
import type { OpenedRecord } from '../records/protected-epoch.ts';
import { ContentType, type DtlsRecord } from '../records/record.ts';
import type { Association } from './association.ts';
import type { Associations } from './associations.ts';
import type { Core } from './core.ts';
import { countReceived, moveTo } from './path.ts';
import type { Persistence } from './persistence.ts';
import { recordSize } from './record-size.ts';
import type { RecordSender } from './record-sender.ts';

export interface RecordReceiverOptions {
  readonly core: Core;
  readonly associations: Associations;
  readonly sender: RecordSender;
  readonly persistence: Persistence | undefined;
  readonly addressUpdate: NonNullable<DtlsTransportOptions['addressUpdate']>;
  /** The session of a peer must not be resumed. */
  readonly revoke: (association: Association) => void;
}

/** What the protected records of associations do. */
export class RecordReceiver {
  readonly #options: RecordReceiverOptions;

  constructor(options: RecordReceiverOptions) {
    this.#options = options;
  }

  /** Takes a record in that came from `from`. False, and nothing has changed, when it does not authenticate or was received before. */
  receive(association: Association, record: DtlsRecord, from: Peer): boolean {
    const opened = association.epoch.open(record);
    if (opened === undefined) return false;
    const { associations, persistence, addressUpdate } = this.#options;
    associations.table.touch(association);
    const home = association.lower;
    // RFC 9146 §6: only a record with a Connection ID that is newer than all before tells where the peer is.
    const moves = record.cid !== undefined && from.key !== home.key && opened.newest && this.#move(association, from);
    if (from.key === association.lower.key) countReceived(association, recordSize(record));
    persistence?.received(association);
    if (moves && addressUpdate === 'newest') associations.moved(association, home);
    this.#dispatch(association, opened);
    // With the policy `proven` only the answers that leave at once go to the new address, where they can prove it.
    if (moves && addressUpdate === 'proven' && !association.pathValidated) association.lower = home;
    return true;
  }

  /** A record has been refused: counts it, and ends an association that was attacked for too long. */
  refused(association: Association, record: DtlsRecord, replayed: boolean): void {
    const { core, associations } = this.#options;
    if (replayed) {
      core.counters.recordsReplayed += 1;
      this.#onRepeatedFinished(association, record);
      return;
    }
    core.counters.recordsForged += 1;
    if (association.epoch.forged <= core.limits.forgedRecords) return;
    core.counters.limits += 1;
    associations.end(association, new DtlsError('ERR_DTLS_LIMIT', 'too many records did not authenticate'));
  }

  #move(association: Association, from: Peer): boolean {
    const { clock, limits, counters } = this.#options.core;
    if (moveTo(association, from, clock.now(), limits)) return true;
    counters.limits += 1;
    return false;
  }

  #dispatch(association: Association, { type, plaintext }: OpenedRecord): void {
    switch (type) {
      case ContentType.applicationData:
        // The peer has our last flight: it would not send this otherwise.
        association.lingering?.close();
        association.lingering = undefined;
        this.#options.core.callbacks.datagram(association, plaintext);
        return;
      case ContentType.alert:
        this.#onAlert(association, plaintext);
        return;
      case ContentType.handshake:
        this.#onHandshake(association, plaintext);
        return;
      default:
        this.#options.core.counters.recordsDropped += 1;
    }
  }

  #onAlert(association: Association, content: Uint8Array): void {
    const { core, associations, sender, revoke } = this.#options;
    core.counters.alertsReceived += 1;
    const alert = decodeAlert(content);
    if (alert?.ends !== true) return;
    const { name, description } = alert;
    if (name === 'close_notify') {
      // RFC 5246 §7.2.1: it is answered.
      sender.sendAlert(association, 'warning', 'close_notify');
      associations.end(association);
      return;
    }
    // RFC 5246 §7.2.2: the session must not be resumed.
    revoke(association);
    const reason = new DtlsError('ERR_DTLS_ALERT', `the peer ended the association with ${name ?? description}`, {
      ...(name === undefined ? {} : { alert: name }),
    });
    associations.end(association, reason);
  }

  #onHandshake(association: Association, content: Uint8Array): void {
    switch (content[0]) {
      case HandshakeType.finished:
        this.#repeatFlight(association, content);
        return;
      case HandshakeType.clientHello:
      case HandshakeType.helloRequest:
        // RFC 5246 §7.2.2: renegotiation is refused, and the association goes on.
        this.#options.sender.sendAlert(association, 'warning', 'no_renegotiation');
        return;
      default:
        this.#options.core.counters.recordsDropped += 1;
    }
  }

  /**
   * A peer that has not got our last flight repeats its Finished. RFC 6347 §4.1 gives each record a sequence number of its own, but pion (3.1) takes
   * the same one again. It has to authenticate all the same.
   */
  #onRepeatedFinished(association: Association, record: DtlsRecord): void {
    if (association.lingering === undefined) return;
    const content = association.epoch.reopen(record);
    if (content?.type === ContentType.handshake && content.plaintext[0] === HandshakeType.finished) {
      this.#repeatFlight(association, content.plaintext);
    }
  }

  /** The last flight takes a sequence number too: its Finished is one record, the smallest MTU has room for it. */
  #repeatFlight(association: Association, content: Uint8Array): void {
    if (this.#options.persistence?.mayWrite(association) !== false) association.lingering?.repeat(content);
  }
}
