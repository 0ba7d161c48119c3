import { copyShort } from '../../bytes.ts';
import type { RecordCipher } from '../../cipher-suites.ts';
import type { Role } from '../../crypto/traffic-keys.ts';
import { RECORD_HEADER_SIZE, writeEpochAndSequence, writeRecordHeader } from '../record-header.ts';
import { ContentType, DTLS_1_2, NO_CID, PROTECTED_EPOCH } from '../record.ts';
import { additionalData } from './additional-data.ts';
import { openAead, sealAead, type Aead } from './aead.ts';
import { recentKey } from './recent-keys.ts';
import type { RecordProtection } from './record-protection.ts';

/** RFC 5246 §6.3: two keys of 16 bytes come before the IVs. */
const IVS_BEGIN = 32;
/** RFC 5288 §3, RFC 6655 §3: the part of the nonce that is secret and stays, and the part that is in the record. */
const IMPLICIT_NONCE_SIZE = 4;
const EXPLICIT_NONCE_SIZE = 8;

// One for all records: Node gives any array that it is handed memory outside of the heap, for good.
const nonce = new Uint8Array(IMPLICIT_NONCE_SIZE + EXPLICIT_NONCE_SIZE);

/**
 * The nonce with the implicit part of one direction: client write IV, server write IV behind the keys (RFC 5246 §6.3). Good until the
 * next call.
 */
function nonceOf(keys: Uint8Array, sender: Role, explicit: Uint8Array, begin: number): Uint8Array {
  copyShort(nonce, 0, keys, IVS_BEGIN + (sender === 'client' ? 0 : IMPLICIT_NONCE_SIZE), IMPLICIT_NONCE_SIZE);
  copyShort(nonce, IMPLICIT_NONCE_SIZE, explicit, begin, EXPLICIT_NONCE_SIZE);
  return nonce;
}

/** Records of an AEAD cipher suite (RFC 5246 §6.2.3.3). The explicit nonce is epoch and sequence number. */
export function aeadProtection(cipher: RecordCipher, aead: Aead): RecordProtection {
  const overhead = EXPLICIT_NONCE_SIZE + aead.options.authTagLength;
  return {
    cipher,
    encryptThenMac: false,
    overhead,
    seal: (keys, sender, type, sequence, cid, plaintext) => {
      const { length } = plaintext;
      const hasCid = cid.length > 0;
      const innerLength = hasCid ? length + 1 : length;
      const nonceBegin = RECORD_HEADER_SIZE + cid.length;
      const begin = nonceBegin + EXPLICIT_NONCE_SIZE;
      const record = new Uint8Array(nonceBegin + innerLength + overhead);
      const outerType = hasCid ? ContentType.tls12Cid : type;
      writeRecordHeader(record, outerType, DTLS_1_2, PROTECTED_EPOCH, sequence, cid, innerLength + overhead);
      writeEpochAndSequence(record, nonceBegin, PROTECTED_EPOCH, sequence);
      let inner = plaintext;
      if (hasCid) {
        record.set(plaintext, begin);
        record[begin + length] = type;
        inner = record.subarray(begin, begin + innerLength);
      }
      sealAead(
        aead,
        recentKey(keys, sender),
        nonceOf(keys, sender, record, nonceBegin),
        additionalData(type, sequence, cid, innerLength),
        inner,
        record,
        begin,
      );
      return record;
    },
    open: (keys, sender, { type, sequence, cid = NO_CID, fragment }) => {
      const innerLength = fragment.length - overhead;
      if (innerLength < 0) return undefined;
      return openAead(
        aead,
        recentKey(keys, sender),
        nonceOf(keys, sender, fragment, 0),
        additionalData(type, sequence, cid, innerLength),
        fragment,
        EXPLICIT_NONCE_SIZE,
      );
    },
  };
}
