import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomFillSync,
  type KeyObject,
} from 'node:crypto';
import { bytesEqual } from '../../crypto/key-schedule.ts';
import type { Role } from '../../crypto/traffic-keys.ts';
import { RECORD_HEADER_SIZE, writeRecordHeader } from '../record-header.ts';
import { ContentType, DTLS_1_2, NO_CID, PROTECTED_EPOCH, type DtlsRecord } from '../record.ts';
import { additionalData } from './additional-data.ts';
import { checkPadding, paddingSize } from './cbc-padding.ts';
import type { RecordProtection } from './record-protection.ts';

const MAC_SIZE = 32;
const BLOCK_SIZE = 16;
const CIPHER = 'aes-128-cbc';

/** RFC 5246 §6.3: client and server write MAC key, client and server write key. */
function macKey(keys: Uint8Array, sender: Role): KeyObject {
  const begin = sender === 'client' ? 0 : MAC_SIZE;
  return createSecretKey(keys.subarray(begin, begin + MAC_SIZE));
}

function cipherKey(keys: Uint8Array, sender: Role): KeyObject {
  const begin = 2 * MAC_SIZE + (sender === 'client' ? 0 : BLOCK_SIZE);
  return createSecretKey(keys.subarray(begin, begin + BLOCK_SIZE));
}

function mac(
  keys: Uint8Array,
  sender: Role,
  type: number,
  sequence: number,
  cid: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  const hmac = createHmac('sha256', macKey(keys, sender));
  return hmac
    .update(additionalData(type, sequence, cid, content.length))
    .update(content)
    .digest();
}

/** The header, and room for a random IV, `bodySize` bytes and whatever follows: a record of type 25 with a Connection ID. */
function startRecord(type: number, sequence: number, cid: Uint8Array, size: number): Uint8Array {
  const begin = RECORD_HEADER_SIZE + cid.length;
  const record = new Uint8Array(begin + size);
  const outerType = cid.length > 0 ? ContentType.tls12Cid : type;
  writeRecordHeader(record, outerType, DTLS_1_2, PROTECTED_EPOCH, sequence, cid, size);
  randomFillSync(record, begin, BLOCK_SIZE);
  return record;
}

/** Plaintext, type with a Connection ID, `reserved` bytes of 0, padding. */
function paddedContent(type: number, cid: Uint8Array, plaintext: Uint8Array, reserved: number): Uint8Array {
  const innerLength = plaintext.length + (cid.length > 0 ? 1 : 0);
  const padding = paddingSize(innerLength + reserved, BLOCK_SIZE);
  const content = new Uint8Array(innerLength + reserved + padding);
  content.set(plaintext);
  if (cid.length > 0) content[plaintext.length] = type;
  return content.fill(padding - 1, innerLength + reserved);
}

/** Encrypts whole blocks with the IV that is in the record, and writes them behind it. */
function encryptInto(record: Uint8Array, ivBegin: number, key: KeyObject, content: Uint8Array): void {
  const begin = ivBegin + BLOCK_SIZE;
  const cipher = createCipheriv(CIPHER, key, record.subarray(ivBegin, begin)).setAutoPadding(false);
  record.set(cipher.update(content), begin);
  cipher.final();
}

/** The whole blocks behind the IV of `bytes`. The caller has checked that there are such. */
function decrypt(key: KeyObject, bytes: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, BLOCK_SIZE)).setAutoPadding(false);
  const plaintext = decipher.update(bytes.subarray(BLOCK_SIZE));
  decipher.final();
  return plaintext;
}

/** Whether there is an IV and at least `size` bytes in whole blocks behind it. */
function isWholeBlocks(bytes: Uint8Array, size: number): boolean {
  return bytes.length >= BLOCK_SIZE + size && bytes.length % BLOCK_SIZE === 0;
}

/** AES_128_CBC_SHA256 with RFC 7366: the MAC covers IV and ciphertext, its length field counts both (RFC 9146 §5.2 with a Connection ID). */
export const ENCRYPT_THEN_MAC: RecordProtection = {
  cipher: 'aes-128-cbc-sha256',
  encryptThenMac: true,
  overhead: BLOCK_SIZE + BLOCK_SIZE + MAC_SIZE,
  seal: (keys, sender, type, sequence, cid, plaintext) => {
    const content = paddedContent(type, cid, plaintext, 0);
    const record = startRecord(type, sequence, cid, BLOCK_SIZE + content.length + MAC_SIZE);
    const ivBegin = RECORD_HEADER_SIZE + cid.length;
    encryptInto(record, ivBegin, cipherKey(keys, sender), content);
    const macBegin = record.length - MAC_SIZE;
    record.set(mac(keys, sender, type, sequence, cid, record.subarray(ivBegin, macBegin)), macBegin);
    return record;
  },
  open: (keys, sender, { type, sequence, cid = NO_CID, fragment }) => {
    const macBegin = fragment.length - MAC_SIZE;
    if (macBegin < 0) return undefined;
    const encrypted = fragment.subarray(0, macBegin);
    if (!isWholeBlocks(encrypted, BLOCK_SIZE)) return undefined;
    const expected = mac(keys, sender, type, sequence, cid, encrypted);
    if (!bytesEqual(expected, fragment.subarray(macBegin))) return undefined;
    const content = decrypt(cipherKey(keys, sender), encrypted);
    const padding = checkPadding(content, 0);
    return padding === 0 ? undefined : new Uint8Array(content.subarray(0, content.length - padding));
  },
};

/** Blocks of 64 bytes that SHA-256 takes for `length` bytes with their end (FIPS 180-4 §5.1.1). */
function hashBlocks(length: number): number {
  return Math.ceil((length + 9) / 64);
}

/** As much as the longest padding can leave out of a MAC. */
const FILLER = new Uint8Array(5 * 64);

/**
 * The DTLSInnerPlaintext or plaintext in what was decrypted; undefined when padding or MAC are wrong. Both failures take the same way: wrong
 * padding counts as the shortest, the MAC is computed and compared in either case (RFC 5246 §6.2.3.2), and what a longer padding leaves out of
 * the MAC is hashed as well, so that the time tells little of its length.
 */
function checkMac(
  keys: Uint8Array,
  sender: Role,
  record: DtlsRecord,
  cid: Uint8Array,
  content: Uint8Array,
): Uint8Array | undefined {
  const padding = checkPadding(content, MAC_SIZE);
  const longest = content.length - MAC_SIZE - 1;
  // 1 where the padding is wrong.
  const innerLength = longest + 1 - Math.max(padding, 1);
  const inner = content.subarray(0, innerLength);
  const expected = mac(keys, sender, record.type, record.sequence, cid, inner);
  const dataLength = cid.length === 0 ? 13 : 23 + cid.length;
  const left = hashBlocks(dataLength + longest) - hashBlocks(dataLength + innerLength);
  createHash('sha256')
    .update(FILLER.subarray(0, 64 * left))
    .digest();
  const isAuthentic = bytesEqual(expected, content.subarray(innerLength, innerLength + MAC_SIZE));
  return isAuthentic && padding !== 0 ? new Uint8Array(inner) : undefined;
}

/** AES_128_CBC_SHA256 as RFC 5246 §6.2.3.2 has it: the MAC is of the plaintext (RFC 9146 §5.1 with a Connection ID), and encrypted with it. */
export const MAC_THEN_ENCRYPT: RecordProtection = {
  cipher: 'aes-128-cbc-sha256',
  encryptThenMac: false,
  overhead: BLOCK_SIZE + MAC_SIZE + BLOCK_SIZE,
  seal: (keys, sender, type, sequence, cid, plaintext) => {
    const content = paddedContent(type, cid, plaintext, MAC_SIZE);
    const innerLength = plaintext.length + (cid.length > 0 ? 1 : 0);
    content.set(mac(keys, sender, type, sequence, cid, content.subarray(0, innerLength)), innerLength);
    const record = startRecord(type, sequence, cid, BLOCK_SIZE + content.length);
    encryptInto(record, RECORD_HEADER_SIZE + cid.length, cipherKey(keys, sender), content);
    return record;
  },
  open: (keys, sender, record) => {
    const { cid = NO_CID, fragment } = record;
    // A MAC and a byte of padding, filled up to a block.
    if (!isWholeBlocks(fragment, MAC_SIZE + BLOCK_SIZE)) return undefined;
    return checkMac(keys, sender, record, cid, decrypt(cipherKey(keys, sender), fragment));
  },
};
