import { encodeAlert } from '../../alert.ts';
import type { AlertName } from '../../alert.ts';
import { concatBytes } from '../../bytes.ts';
import { DtlsError, handshakeError } from '../../errors.ts';
import { MAX_PLAINTEXT, MIN_MTU } from '../../limits.ts';
import type { ProtectedEpoch } from '../../records/protected-epoch.ts';
import { encodePlainRecord } from '../../records/record-codec.ts';
import { RECORD_HEADER_SIZE } from '../../records/record-header.ts';
import { ContentType } from '../../records/record.ts';
import { fragmentMessage } from '../fragment.ts';
import type { FlightItem } from '../machine.ts';

/** RFC 5246 §7.1: its only content. */
const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

/** What a `FlightSender` begins with. */
export interface FlightSenderOptions {
  /** The largest datagram in bytes, from `MIN_MTU` on. */
  readonly mtu: number;
  /** The sequence number of the first record of epoch 0. */
  readonly firstRecordSequence: number;
  send(datagram: Uint8Array): void;
}

/**
 * Makes datagrams of a flight, anew each time it goes: the messages keep their message_seq, and every record gets a sequence number
 * that no other has had (RFC 6347 §4.2.4), so that no nonce is used twice.
 */
export class FlightSender {
  readonly #send: (datagram: Uint8Array) => void;
  readonly #mtu: number;
  #sequence: number;
  #epoch: ProtectedEpoch | undefined;
  #maxPlaintext = MAX_PLAINTEXT;
  #flight: readonly FlightItem[] = [];
  #hasChangedCipherSpec = false;

  /** Throws a `RangeError` when the MTU is no whole number from `MIN_MTU` on. */
  constructor(options: FlightSenderOptions) {
    const { mtu } = options;
    if (!Number.isInteger(mtu) || mtu < MIN_MTU) {
      throw new RangeError(`mtu must be a whole number from ${MIN_MTU} on, is ${mtu}`);
    }
    this.#mtu = mtu;
    this.#sequence = options.firstRecordSequence;
    this.#send = (datagram) => options.send(datagram);
  }

  /** From now on records of epoch 1 can be made, and no record has more plaintext than `maxPlaintext`. */
  useEpoch(epoch: ProtectedEpoch, maxPlaintext: number): void {
    this.#epoch = epoch;
    this.limitPlaintext(maxPlaintext);
  }

  /** From now on no record has more plaintext. */
  limitPlaintext(maxPlaintext: number): void {
    this.#maxPlaintext = Math.min(this.#maxPlaintext, maxPlaintext);
  }

  /** The flight that `transmit` sends. */
  setFlight(flight: readonly FlightItem[]): void {
    this.#flight = flight;
  }

  /**
   * Sends the flight in as few datagrams as its records fit into in their order, none larger than the MTU and `largest`. A peer that has agreed on
   * small records may have no room for larger datagrams either (Scandium): several records share one only when that is no larger than a full
   * record. Throws a `DtlsError` when sequence numbers end (ERR_DTLS_LIMIT) or there are no keys for an item of epoch 1.
   */
  transmit(largest: number = Infinity): void {
    const size = Math.min(this.#mtu, largest);
    const shared = Math.min(size, RECORD_HEADER_SIZE + this.#maxPlaintext);
    const flight = this.#flight;
    let records: Uint8Array[] = [];
    let length = 0;
    for (const item of flight) {
      for (const record of this.#recordsOf(item, size)) {
        if (length > 0 && length + record.length > shared) {
          this.#send(concatBytes(...records));
          // Sending may lead to the end of the flight at once.
          if (this.#flight !== flight) return;
          records = [];
          length = 0;
        }
        records.push(record);
        length += record.length;
      }
    }
    if (length > 0) this.#send(concatBytes(...records));
  }

  /** Tells the peer the end in a datagram of its own: protected once a ChangeCipherSpec has been sent. Gives whether it was sent. */
  sendFatalAlert(name: AlertName): boolean {
    try {
      this.#send(this.#record(ContentType.alert, this.#hasChangedCipherSpec ? 1 : 0, encodeAlert('fatal', name)));
      return true;
    } catch (error) {
      // Out of sequence numbers: the peer will have to time out.
      if (error instanceof DtlsError) return false;
      throw error;
    }
  }

  *#recordsOf(item: FlightItem, size: number): Generator<Uint8Array> {
    if (item.kind === 'changeCipherSpec') {
      yield this.#record(ContentType.changeCipherSpec, 0, CHANGE_CIPHER_SPEC);
      this.#hasChangedCipherSpec = true;
      return;
    }
    const overhead = item.epoch === 0 ? RECORD_HEADER_SIZE : this.#keys().recordOverhead;
    for (const fragment of fragmentMessage(item.message, Math.min(size - overhead, this.#maxPlaintext))) {
      yield this.#record(ContentType.handshake, item.epoch, fragment);
    }
  }

  #record(type: number, epoch: 0 | 1, content: Uint8Array): Uint8Array {
    return epoch === 0 ? encodePlainRecord(type, this.#sequence++, content) : this.#keys().seal(type, content);
  }

  #keys(): ProtectedEpoch {
    if (this.#epoch === undefined) throw handshakeError('internal_error', 'there are no keys for a record of epoch 1');
    return this.#epoch;
  }
}
