import type { RandomSource } from '@flownexus/datagram';
import type { DtlsServerOptions, DtlsTransportOptions } from '../api.ts';
import { authorityNames } from '../auth/peer-verifier.ts';
import type { ServerContext, ServerResumption } from '../handshake/contexts.ts';
import { MAX_PLAINTEXT } from '../limits.ts';
import { CertificateType } from '../messages/certificate.ts';
import { chosenSuites } from './cipher-suite-choice.ts';

/** What all handshakes of a server have in common. */
export type SharedServerContext = Omit<ServerContext, 'localCid'>;

/** Throws a TypeError for options that contradict each other, and a RangeError for those out of their range. */
export function serverContext(
  server: DtlsServerOptions,
  options: DtlsTransportOptions,
  { random, resumption }: { readonly random: RandomSource; readonly resumption: ServerResumption },
): SharedServerContext {
  const { psk, credential, x509, rawPublicKey, anonymousClients = false, pskIdentityHint } = server;
  if (psk === undefined && credential === undefined) throw new TypeError('server needs `psk` or `credential`');
  const asksForCertificates = x509 !== undefined || rawPublicKey !== undefined;
  if (asksForCertificates && anonymousClients) {
    throw new TypeError('server has `anonymousClients`, and with `x509` or `rawPublicKey` no client is anonymous');
  }
  if (credential !== undefined && !asksForCertificates && !anonymousClients) {
    throw new TypeError(
      'server has a `credential`: it needs `x509` or `rawPublicKey`, or has to say `anonymousClients`',
    );
  }
  const authorities = authorityNames(x509);
  return {
    random,
    suites: chosenSuites(options.cipherSuites),
    psk: psk !== undefined,
    pskIdentityHint: pskIdentityHint === undefined ? undefined : new TextEncoder().encode(pskIdentityHint),
    credentialFor: typeof credential === 'function' ? credential : () => credential,
    choosesByServerName: server.choosesByServerName ?? typeof credential === 'function',
    clientCertificates: asksForCertificates ? 'required' : 'none',
    clientCertificateTypes: acceptedCertificateTypes(server),
    get authorities() {
      return authorities();
    },
    resumption,
    requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
    hideUnknownIdentities: server.hideUnknownIdentities ?? true,
    maxPlaintext: MAX_PLAINTEXT,
  };
}

/** The types of RFC 7250 that a verifier with these options may accept. */
export function acceptedCertificateTypes({
  x509,
  rawPublicKey,
}: Pick<DtlsServerOptions, 'x509' | 'rawPublicKey'>): readonly number[] {
  return [
    ...(rawPublicKey === undefined ? [] : [CertificateType.rawPublicKey]),
    ...(x509 === undefined ? [] : [CertificateType.x509]),
  ];
}
