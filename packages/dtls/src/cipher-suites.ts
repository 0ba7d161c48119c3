/** How the premaster secret comes about, and how peers prove who they are. */
export type KeyExchange = 'psk' | 'ecdhe_psk' | 'ecdhe_ecdsa';

/** How records are protected. */
export type RecordCipher = 'aes-128-ccm-8' | 'aes-128-ccm' | 'aes-128-gcm' | 'aes-128-cbc-sha256';

/** One cipher suite. All of them use the PRF with SHA-256. */
export interface CipherSuite {
  /** Two bytes of the IANA registry. */
  readonly id: number;
  /** The IANA name without `TLS_`. */
  readonly name: string;
  readonly keyExchange: KeyExchange;
  readonly cipher: RecordCipher;
  /** Whether it has to be asked for: it is offered and accepted only when an option names it. */
  readonly optIn: boolean;
}

/** The suites that are built, the strongest and cheapest first. RFC 6655, 7251, 5487, 5289, 8442, 5246. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  {
    id: 0xc02b,
    name: 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    keyExchange: 'ecdhe_ecdsa',
    cipher: 'aes-128-gcm',
    optIn: false,
  },
  { id: 0xc0ac, name: 'ECDHE_ECDSA_WITH_AES_128_CCM', keyExchange: 'ecdhe_ecdsa', cipher: 'aes-128-ccm', optIn: false },
  {
    id: 0xc0ae,
    name: 'ECDHE_ECDSA_WITH_AES_128_CCM_8',
    keyExchange: 'ecdhe_ecdsa',
    cipher: 'aes-128-ccm-8',
    optIn: false,
  },
  {
    id: 0xd001,
    name: 'ECDHE_PSK_WITH_AES_128_GCM_SHA256',
    keyExchange: 'ecdhe_psk',
    cipher: 'aes-128-gcm',
    optIn: false,
  },
  {
    id: 0xd005,
    name: 'ECDHE_PSK_WITH_AES_128_CCM_SHA256',
    keyExchange: 'ecdhe_psk',
    cipher: 'aes-128-ccm',
    optIn: false,
  },
  {
    id: 0xd003,
    name: 'ECDHE_PSK_WITH_AES_128_CCM_8_SHA256',
    keyExchange: 'ecdhe_psk',
    cipher: 'aes-128-ccm-8',
    optIn: false,
  },
  { id: 0x00a8, name: 'PSK_WITH_AES_128_GCM_SHA256', keyExchange: 'psk', cipher: 'aes-128-gcm', optIn: false },
  { id: 0xc0a4, name: 'PSK_WITH_AES_128_CCM', keyExchange: 'psk', cipher: 'aes-128-ccm', optIn: false },
  { id: 0xc0a8, name: 'PSK_WITH_AES_128_CCM_8', keyExchange: 'psk', cipher: 'aes-128-ccm-8', optIn: false },
  {
    id: 0xc023,
    name: 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
    keyExchange: 'ecdhe_ecdsa',
    cipher: 'aes-128-cbc-sha256',
    optIn: true,
  },
  { id: 0x00ae, name: 'PSK_WITH_AES_128_CBC_SHA256', keyExchange: 'psk', cipher: 'aes-128-cbc-sha256', optIn: true },
];

const byId = new Map(CIPHER_SUITES.map((suite) => [suite.id, suite]));

/** The suite with an IANA number; undefined for one that is not built. */
export function cipherSuite(id: number): CipherSuite | undefined {
  return byId.get(id);
}
