import type { RecordCipher } from '../../cipher-suites.ts';
import { aeadProtection } from './aead-protection.ts';
import { ENCRYPT_THEN_MAC, MAC_THEN_ENCRYPT } from './cbc-protection.ts';
import type { RecordProtection } from './record-protection.ts';

const CCM_8 = aeadProtection('aes-128-ccm-8', { name: 'aes-128-ccm', options: { authTagLength: 8 } });
const CCM = aeadProtection('aes-128-ccm', { name: 'aes-128-ccm', options: { authTagLength: 16 } });
const GCM = aeadProtection('aes-128-gcm', { name: 'aes-128-gcm', options: { authTagLength: 16 } });

/** How a cipher protects records. `encryptThenMac` matters with CBC only. */
export function protectionOf(cipher: RecordCipher, encryptThenMac: boolean): RecordProtection {
  switch (cipher) {
    case 'aes-128-ccm-8':
      return CCM_8;
    case 'aes-128-ccm':
      return CCM;
    case 'aes-128-gcm':
      return GCM;
    case 'aes-128-cbc-sha256':
      return encryptThenMac ? ENCRYPT_THEN_MAC : MAC_THEN_ENCRYPT;
  }
}
