import type { RandomSource } from '@flownexus/datagram';
import type { DtlsClientOptions, DtlsTransportOptions } from '../api.ts';
import type { ClientContext } from '../handshake/contexts.ts';
import { chosenSuites } from './cipher-suite-choice.ts';
import { acceptedCertificateTypes } from './server-context.ts';

/** What all handshakes of a client have in common. */
export type SharedClientContext = Omit<ClientContext, 'localCid' | 'session' | 'serverName'>;

/** RFC 6066 §4: the codes of the lengths. */
const FRAGMENT_LENGTH_CODES = { 512: 1, 1024: 2, 2048: 3, 4096: 4 } as const;

/** Throws a TypeError for options that are no use together, and a RangeError for those out of their range. */
export function clientContext(
  client: DtlsClientOptions,
  options: DtlsTransportOptions,
  random: RandomSource,
): SharedClientContext {
  const { psk, credential, maxFragmentLength } = client;
  const serverCertificateTypes = acceptedCertificateTypes(client);
  if (psk === undefined && serverCertificateTypes.length === 0) {
    throw new TypeError('client needs `psk`, `x509` or `rawPublicKey`: it has to know whom to trust');
  }
  const identity = psk === undefined ? undefined : new TextEncoder().encode(psk.identity);
  return {
    random,
    suites: chosenSuites(options.cipherSuites),
    pskIdentity: identity === undefined ? undefined : () => identity,
    credential,
    serverCertificateTypes,
    tickets: true,
    requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
    maxFragmentLength: maxFragmentLength === undefined ? undefined : FRAGMENT_LENGTH_CODES[maxFragmentLength],
  };
}
