import { readU16, readU32 } from '../bytes.ts';
import { DtlsError } from '../errors.ts';
import { MAX_CIPHERTEXT, MAX_PLAINTEXT, MAX_RECORDS_PER_DATAGRAM, MAX_SEQUENCE } from '../limits.ts';
import { RECORD_HEADER_SIZE, writeRecordHeader } from './record-header.ts';
import { ContentType, DTLS_1_2, isClassicType, NO_CID, type DtlsRecord } from './record.ts';

/**
 * The records of a datagram, from its front. What comes after one that can not be read is dropped (RFC 6347 §4.1.2.7): one that is cut
 * off, of another version, longer than 18432 bytes, or with a Connection ID while we use none. In epoch 0 any version of DTLS will do. Records of an
 * unknown type, and those with a Connection ID in epoch 0 (RFC 9146 §3), are skipped. Never throws. `cidLength` is the length of our own Connection
 * IDs.
 */
export function decodeRecords(datagram: Uint8Array, cidLength: number): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  let offset = 0;
  for (let count = 0; count < MAX_RECORDS_PER_DATAGRAM; count += 1) {
    const type = datagram[offset];
    if (type === undefined) break;
    const hasCid = type === ContentType.tls12Cid;
    // Without a Connection ID of our own nobody knows how long this one is.
    if (hasCid && cidLength === 0) break;
    const cidEnd = offset + 11 + (hasCid ? cidLength : 0);
    const begin = cidEnd + 2;
    if (begin > datagram.length) break;
    const version = readU16(datagram, offset + 1);
    const epoch = readU16(datagram, offset + 3);
    // RFC 5246 §E.1: the first ClientHello may come under any version, here {254, XX}.
    if (version !== DTLS_1_2 && (epoch !== 0 || version >> 8 !== DTLS_1_2 >> 8)) break;
    const length = readU16(datagram, cidEnd);
    const end = begin + length;
    if (length > MAX_CIPHERTEXT || end > datagram.length) break;
    if (hasCid ? epoch !== 0 : isClassicType(type)) {
      records.push({
        type,
        version,
        epoch,
        sequence: readU16(datagram, offset + 5) * 2 ** 32 + readU32(datagram, offset + 7),
        cid: hasCid ? datagram.subarray(offset + 11, cidEnd) : undefined,
        fragment: datagram.subarray(begin, end),
      });
    }
    offset = end;
  }
  return records;
}

/**
 * A record of epoch 0: nothing protects it. Throws a `DtlsError` ERR_DTLS_LIMIT when the sequence number is beyond 2^48 - 1 (a server
 * goes on from the one that the client chose, RFC 6347 §4.2.1) or the fragment is larger than 16384 bytes.
 */
export function encodePlainRecord(
  type: number,
  sequence: number,
  fragment: Uint8Array,
  version: number = DTLS_1_2,
): Uint8Array {
  if (sequence > MAX_SEQUENCE) throw new DtlsError('ERR_DTLS_LIMIT', 'epoch 0 has no sequence numbers left');
  if (fragment.length > MAX_PLAINTEXT) throw new DtlsError('ERR_DTLS_LIMIT', 'too much for one record');
  const record = new Uint8Array(RECORD_HEADER_SIZE + fragment.length);
  record.set(fragment, writeRecordHeader(record, type, version, 0, sequence, NO_CID, fragment.length));
  return record;
}
