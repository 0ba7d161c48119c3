import type { RecordCipher } from '../cipher-suites.ts';

export type Role = 'client' | 'server';

/** The keys of one association, both directions. Raw bytes in one allocation of their own: a key object costs a kilobyte. */
export interface TrafficKeys {
  readonly cipher: RecordCipher;
  /**
   * The key block of RFC 5246 §6.3: client write MAC key, server write MAC key (32 bytes each, CBC only), client write key, server write
   * key (16 each), client write IV, server write IV (4 each, AEAD only).
   */
  readonly block: Uint8Array;
  /** RFC 7366; only with CBC. */
  readonly encryptThenMac: boolean;
}

/** The size of a key block (RFC 5246 §6.3). DTLS 1.2 has no fixed IVs for CBC. */
export const KEY_BLOCK_SIZE: Readonly<Record<RecordCipher, number>> = {
  'aes-128-ccm-8': 2 * (16 + 4),
  'aes-128-ccm': 2 * (16 + 4),
  'aes-128-gcm': 2 * (16 + 4),
  'aes-128-cbc-sha256': 2 * (32 + 16),
};
