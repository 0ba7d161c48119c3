import { createCipheriv, createDecipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';
import type { TrafficKeys } from '../../src/crypto/traffic-keys.ts';

/** Records built once more, from the text of RFC 5246 §6.2.3 and RFC 9146 §4 and §5, for tests to compare with. */
export interface IndependentRecord {
  readonly sender: 'client' | 'server';
  readonly keys: TrafficKeys;
  /** Content type; the inner one with a Connection ID. */
  readonly type: number;
  readonly sequence: number;
  readonly cid?: Uint8Array | undefined;
  readonly content: Uint8Array;
  /** Zeros behind the inner type. */
  readonly zeros?: number;
  /** CBC only: blocks of padding more than needed. */
  readonly extraBlocks?: number;
  /** CBC only: takes the place of a random one. */
  readonly iv?: Uint8Array;
}

function uint(value: number, size: number): Buffer {
  return Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, '0'),
    'hex',
  );
}

function hasCid({ cid }: IndependentRecord): boolean {
  return cid !== undefined && cid.length > 0;
}

function innerPlaintext(record: IndependentRecord): Buffer {
  if (!hasCid(record)) return Buffer.from(record.content);
  return Buffer.concat([record.content, uint(record.type, 1), Buffer.alloc(record.zeros ?? 0)]);
}

/** Additional data, or what a MAC covers before the content. */
export function independentAdditionalData(record: IndependentRecord, length: number): Buffer {
  const { type, sequence, cid = new Uint8Array(0) } = record;
  const epochAndSequence = [uint(1, 2), uint(sequence, 6)];
  if (!hasCid(record)) {
    return Buffer.concat([...epochAndSequence, uint(type, 1), Buffer.from('fefd', 'hex'), uint(length, 2)]);
  }
  return Buffer.concat([
    Buffer.from('ffffffffffffffff', 'hex'),
    uint(25, 1),
    uint(cid.length, 1),
    uint(25, 1),
    Buffer.from('fefd', 'hex'),
    ...epochAndSequence,
    cid,
    uint(length, 2),
  ]);
}

function withHeader(record: IndependentRecord, fragment: Uint8Array): Buffer {
  return Buffer.concat([
    uint(hasCid(record) ? 25 : record.type, 1),
    Buffer.from('fefd', 'hex'),
    uint(1, 2),
    uint(record.sequence, 6),
    record.cid ?? Buffer.alloc(0),
    uint(fragment.length, 2),
    fragment,
  ]);
}

/** A whole record with an AEAD. The explicit nonce may be any with GCM (RFC 5288 §3). */
export function independentAead(record: IndependentRecord, explicit?: Uint8Array): Buffer {
  const { keys, sender } = record;
  const side = sender === 'client' ? 0 : 1;
  const key = keys.block.slice(16 * side, 16 * side + 16);
  const iv = keys.block.slice(32 + 4 * side, 36 + 4 * side);
  const nonce = explicit ?? Buffer.concat([uint(1, 2), uint(record.sequence, 6)]);
  const inner = innerPlaintext(record);
  const name = keys.cipher === 'aes-128-gcm' ? 'aes-128-gcm' : 'aes-128-ccm';
  const cipher = createCipheriv(name as CipherGCMTypes, key, Buffer.concat([iv, nonce]), {
    authTagLength: keys.cipher === 'aes-128-ccm-8' ? 8 : 16,
  });
  cipher.setAAD(independentAdditionalData(record, inner.length), { plaintextLength: inner.length });
  const encrypted = Buffer.concat([cipher.update(inner), cipher.final()]);
  return withHeader(record, Buffer.concat([nonce, encrypted, cipher.getAuthTag()]));
}

function cbcKeys({ keys, sender }: IndependentRecord): { macKey: Uint8Array; key: Uint8Array } {
  const side = sender === 'client' ? 0 : 1;
  return {
    macKey: keys.block.slice(32 * side, 32 * side + 32),
    key: keys.block.slice(64 + 16 * side, 80 + 16 * side),
  };
}

function cbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/** What the ciphertext of a CBC record (without its MAC of RFC 7366) decrypts to. */
export function decryptCbc(record: IndependentRecord, iv: Uint8Array, encrypted: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', cbcKeys(record).key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(encrypted), decipher.final()]);
}

/** The record of what is to be encrypted, whatever it is. */
export function rawCbc(record: IndependentRecord, blocks: Uint8Array): Buffer {
  const iv = record.iv ?? Buffer.alloc(16, 0x1f);
  return withHeader(record, Buffer.concat([iv, cbc(cbcKeys(record).key, iv, blocks)]));
}

/** The MAC of the plaintext, for MAC-then-encrypt. */
export function plaintextMac(record: IndependentRecord): Buffer {
  const inner = innerPlaintext(record);
  return createHmac('sha256', cbcKeys(record).macKey)
    .update(independentAdditionalData(record, inner.length))
    .update(inner)
    .digest();
}

function padding(length: number, extraBlocks = 0): Buffer {
  const size = 16 - (length % 16) + 16 * extraBlocks;
  return Buffer.alloc(size, size - 1);
}

/** A whole record with CBC. */
export function independentCbc(record: IndependentRecord): Buffer {
  const inner = innerPlaintext(record);
  if (!record.keys.encryptThenMac) {
    const content = Buffer.concat([inner, plaintextMac(record)]);
    return rawCbc(record, Buffer.concat([content, padding(content.length, record.extraBlocks)]));
  }
  const { macKey, key } = cbcKeys(record);
  const iv = record.iv ?? Buffer.alloc(16, 0x1f);
  const body = Buffer.concat([iv, cbc(key, iv, Buffer.concat([inner, padding(inner.length, record.extraBlocks)]))]);
  const mac = createHmac('sha256', macKey).update(independentAdditionalData(record, body.length)).update(body);
  return withHeader(record, Buffer.concat([body, mac.digest()]));
}

/** A whole record, however its keys protect it. */
export function independentRecord(record: IndependentRecord): Buffer {
  return record.keys.cipher === 'aes-128-cbc-sha256' ? independentCbc(record) : independentAead(record);
}
