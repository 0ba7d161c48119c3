import type { RecordCipher } from '../../cipher-suites.ts';
import type { Role } from '../../crypto/traffic-keys.ts';
import type { DtlsRecord } from '../record.ts';

/** How the records of epoch 1 are protected. It holds no keys: one object serves all associations. */
export interface RecordProtection {
  readonly cipher: RecordCipher;
  /** RFC 7366 */
  readonly encryptThenMac: boolean;
  /** Bytes on top of the header and of the plaintext, at most. */
  readonly overhead: number;
  /**
   * A whole record: of type 25 with a Connection ID that is not empty (RFC 9146 §4), without padding then; otherwise of type `type`.
   * `keys` begin with the key block of RFC 5246 §6.3. A sequence number is never used twice.
   */
  seal(
    keys: Uint8Array,
    sender: Role,
    type: number,
    sequence: number,
    cid: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array;
  /** What was sealed, in bytes of its own; of a record of type 25 the DTLSInnerPlaintext. Undefined: forged. */
  open(keys: Uint8Array, sender: Role, record: DtlsRecord): Uint8Array | undefined;
}
