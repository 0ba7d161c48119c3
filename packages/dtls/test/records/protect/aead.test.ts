import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openAead, sealAead, type Aead } from '../../../src/records/protect/aead.ts';
import { fromHex, toHex } from '../../hex.ts';
import vectors from '../../vectors/aead.json' with { type: 'json' };

const aeads = new Map<string, Aead>([
  ['ccm-8', { name: 'aes-128-ccm', options: { authTagLength: 8 } }],
  ['ccm', { name: 'aes-128-ccm', options: { authTagLength: 16 } }],
  ['gcm', { name: 'aes-128-gcm', options: { authTagLength: 16 } }],
]);

describe.each(vectors)('$source', (vector) => {
  const aead = aeads.get(vector.aead)!;
  const key = createSecretKey(fromHex(vector.key));
  const nonce = fromHex(vector.nonce);
  const additional = fromHex(vector.additional);
  const plaintext = fromHex(vector.plaintext);
  const sealed = fromHex(vector.ciphertext + vector.tag);

  test('seals', () => {
    const target = new Uint8Array(3 + sealed.length);
    sealAead(aead, key, nonce, additional, plaintext, target, 3);
    expect(toHex(target)).toBe('000000' + toHex(sealed));
  });

  test('opens into bytes of its own', () => {
    const opened = openAead(aead, key, nonce, additional, sealed, 0);
    expect(opened && toHex(opened)).toBe(vector.plaintext);
    expect(opened?.constructor).toBe(Uint8Array);
    expect(opened?.buffer.byteLength).toBe(plaintext.length);
  });

  test('refuses other bytes, lengths, nonces and additional data', () => {
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = sealed.with(index, (sealed[index] ?? 0) ^ 0x10);
      expect(openAead(aead, key, nonce, additional, changed, 0)).toBeUndefined();
      expect(openAead(aead, key, nonce, additional, sealed.subarray(0, index), 0)).toBeUndefined();
    }
    expect(openAead(aead, key, nonce, Uint8Array.of(...additional, 0), sealed, 0)).toBeUndefined();
    expect(openAead(aead, key, nonce.with(0, 0x77), additional, sealed, 0)).toBeUndefined();
  });
});
