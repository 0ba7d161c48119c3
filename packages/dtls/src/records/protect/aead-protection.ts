import { copyShort } from '../../bytes.ts';
import type { RecordCipher } from '../../cipher-suites.ts';
import { RECORD_HEADER_SIZE, writeEpochAndSequence, writeRecordHeader } from '../record-header.ts';
import { ContentType, DTLS_1_2, NO_CID, PROTECTED_EPOCH } from '../record.ts';
import { additionalData } from './additional-data.ts';
import { openAead, sealAead, type Aead } from './aead.ts';
import type { RecordProtection } from './record-protection.ts';

const KEY_SIZE = 16;
/** RFC 5288 §3, RFC 6655 §3: the part of the nonce that is secret and stays, and the part that is in the record. */
const IMPLICIT_NONCE_SIZE = 4;
const EXPLICIT_NONCE_SIZE = 8;

// Copied out of the key block for each record: Node gives any array that it is handed memory outside of the heap, for good.
const key = new Uint8Array(KEY_SIZE);
const nonce = new Uint8Array(IMPLICIT_NONCE_SIZE + EXPLICIT_NONCE_SIZE);

/** Key and implicit nonce of one direction: client write key, server write key, client write IV, server write IV (RFC 5246 §6.3). */
function selectKeys(keys: Uint8Array, isClient: boolean): void {
  copyShort(key, 0, keys, isClient ? 0 : KEY_SIZE, KEY_SIZE);
  copyShort(nonce, 0, keys, 2 * KEY_SIZE + (isClient ? 0 : IMPLICIT_NONCE_SIZE), IMPLICIT_NONCE_SIZE);
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
      selectKeys(keys, sender === 'client');
      copyShort(nonce, IMPLICIT_NONCE_SIZE, record, nonceBegin, EXPLICIT_NONCE_SIZE);
      let inner = plaintext;
      if (hasCid) {
        record.set(plaintext, begin);
        record[begin + length] = type;
        inner = record.subarray(begin, begin + innerLength);
      }
      sealAead(aead, key, nonce, additionalData(type, sequence, cid, innerLength), inner, record, begin);
      return record;
    },
    open: (keys, sender, { type, sequence, cid = NO_CID, fragment }) => {
      const innerLength = fragment.length - overhead;
      if (innerLength < 0) return undefined;
      selectKeys(keys, sender === 'client');
      copyShort(nonce, IMPLICIT_NONCE_SIZE, fragment, 0, EXPLICIT_NONCE_SIZE);
      const additional = additionalData(type, sequence, cid, innerLength);
      return openAead(aead, key, nonce, additional, fragment, EXPLICIT_NONCE_SIZE);
    },
  };
}
