import { copyShort, writeU16 } from '../../bytes.ts';
import { writeEpochAndSequence } from '../record-header.ts';
import { ContentType, DTLS_1_2, PROTECTED_EPOCH } from '../record.ts';

/** One array for each length, 13 and 24 to 278 bytes: the cipher takes a whole array only, and a view of one costs more than all of this. */
const arrays: (Uint8Array | undefined)[] = [];

function arrayOf(length: number): Uint8Array {
  const known = arrays[length];
  if (known !== undefined) return known;
  const made = new Uint8Array(length);
  arrays[length] = made;
  return made;
}

/**
 * What is authenticated on top of the content: the additional data of an AEAD (RFC 5246 §6.2.3.3), and what goes into a MAC before the
 * content (§6.2.3.1). With a Connection ID, one that is not empty, it has the form of RFC 9146 §5, and `type` is not in it. `length`
 * is that of the plaintext, with a Connection ID that of the DTLSInnerPlaintext. The array is good until the next call.
 */
export function additionalData(type: number, sequence: number, cid: Uint8Array, length: number): Uint8Array {
  const cidLength = cid.length;
  if (cidLength === 0) {
    const data = arrayOf(13);
    writeEpochAndSequence(data, 0, PROTECTED_EPOCH, sequence);
    data[8] = type;
    writeU16(data, 9, DTLS_1_2);
    writeU16(data, 11, length);
    return data;
  }
  const data = arrayOf(23 + cidLength);
  data.fill(0xff, 0, 8);
  data[8] = ContentType.tls12Cid;
  data[9] = cidLength;
  data[10] = ContentType.tls12Cid;
  writeU16(data, 11, DTLS_1_2);
  writeEpochAndSequence(data, 13, PROTECTED_EPOCH, sequence);
  copyShort(data, 21, cid, 0, cidLength);
  writeU16(data, 21 + cidLength, length);
  return data;
}
