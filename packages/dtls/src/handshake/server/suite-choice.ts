import type { KeyObject } from 'node:crypto';
import type { AlertName } from '../../alert.ts';
import type { CipherSuite } from '../../cipher-suites.ts';
import { chooseScheme } from '../../crypto/signature.ts';
import { handshakeError } from '../../errors.ts';
import { CertificateType, type CertificateMessage } from '../../messages/certificate.ts';
import type { ClientExtensions, ClientHello } from '../../messages/hello.ts';
import { NAMED_GROUPS } from '../../named-groups.ts';
import type { ServerContext } from '../contexts.ts';
import type { OwnCredential } from '../machine.ts';

/** How many suites of the client an error names. */
const SUITES_IN_ERROR = 24;
/** P-256 is what a client takes that does not say (RFC 8422 §4 leaves it to the server). */
const GROUPS_UNSAID: readonly number[] = [23];

/** Why there is no suite, when it is not for the suites themselves. */
const REASONS: Readonly<Partial<Record<AlertName, string>>> = {
  unrecognized_name: 'no credential for the server name',
  unsupported_certificate: 'no certificate type in common',
};

/** What the server shows, and what it signs its key exchange with. */
export interface OwnCertificate {
  readonly message: CertificateMessage;
  readonly privateKey: KeyObject;
  readonly scheme: number;
  /** The type of certificate that the client will be asked for; undefined when it will not. */
  readonly clientType: CertificateMessage['type'] | undefined;
}

/** A suite that both sides have, with what its key exchange needs. */
export type SuiteChoice =
  | { readonly keyExchange: 'psk'; readonly suite: CipherSuite }
  | { readonly keyExchange: 'ecdhe_psk'; readonly suite: CipherSuite; readonly group: number }
  | {
      readonly keyExchange: 'ecdhe_ecdsa';
      readonly suite: CipherSuite;
      readonly group: number;
      readonly certificate: OwnCertificate;
    };

/**
 * The first suite in our order that the client offers and that we have all for. Suites that are not built, and signalling values, are passed
 * over. Throws a `DtlsError` when none is left.
 */
export function chooseSuite(context: ServerContext, hello: ClientHello): SuiteChoice {
  const { extensions, cipherSuites } = hello;
  const common = context.suites.filter(({ id }) => cipherSuites.includes(id));
  const group = chooseGroup(extensions);
  const certificate = common.some(({ keyExchange }) => keyExchange === 'ecdhe_ecdsa')
    ? chooseCertificate(context, extensions)
    : 'handshake_failure';
  for (const suite of common) {
    const choice = withParameters(context, suite, group, certificate);
    if (choice !== undefined) return choice;
  }
  const alert = typeof certificate === 'string' ? certificate : 'handshake_failure';
  throw handshakeError(
    alert,
    REASONS[alert] ?? `no cipher suite in common: the client offers ${suiteList(cipherSuites)}`,
  );
}

function withParameters(
  context: ServerContext,
  suite: CipherSuite,
  group: number | undefined,
  certificate: OwnCertificate | AlertName,
): SuiteChoice | undefined {
  switch (suite.keyExchange) {
    case 'psk':
      return context.psk ? { keyExchange: 'psk', suite } : undefined;
    case 'ecdhe_psk':
      return context.psk && group !== undefined ? { keyExchange: 'ecdhe_psk', suite, group } : undefined;
    case 'ecdhe_ecdsa':
      if (group === undefined || typeof certificate === 'string') return undefined;
      return { keyExchange: 'ecdhe_ecdsa', suite, group, certificate };
  }
}

/** The curve for the key exchange (RFC 8422 §5.1). */
function chooseGroup({ groups = GROUPS_UNSAID }: ClientExtensions): number | undefined {
  return NAMED_GROUPS.find(({ id }) => groups.includes(id))?.id;
}

/** Our certificate or raw public key for this client; why there is none otherwise. */
function chooseCertificate(context: ServerContext, extensions: ClientExtensions): OwnCertificate | AlertName {
  const credential = context.credentialFor(extensions.serverName);
  if (credential === undefined) {
    // RFC 6066 §3
    return context.choosesByServerName && extensions.serverName !== undefined
      ? 'unrecognized_name'
      : 'handshake_failure';
  }
  const scheme = chooseScheme(extensions.signatureSchemes, credential.group);
  // RFC 8422 §5.1: the groups of the client are those of certificates as well.
  if (scheme === undefined || !(extensions.groups ?? GROUPS_UNSAID).includes(credential.group))
    return 'handshake_failure';
  const message = ownMessage(credential, extensions.serverCertificateTypes);
  if (message === undefined) return 'unsupported_certificate';
  const { privateKey } = credential;
  if (context.clientCertificates === 'none') return { message, privateKey, scheme, clientType: undefined };
  const clientType = typesOf(extensions.clientCertificateTypes).find((type) =>
    context.clientCertificateTypes.includes(type),
  );
  // RFC 7250 §4.2
  return clientType === undefined ? 'unsupported_certificate' : { message, privateKey, scheme, clientType };
}

/** The first of the client's types that we have (RFC 7250 §4.2). */
function ownMessage(
  { chain, rawPublicKey }: OwnCredential,
  offered: readonly number[] | undefined,
): CertificateMessage | undefined {
  for (const type of typesOf(offered)) {
    if (type === CertificateType.x509 && chain !== undefined) return { type, chain };
    if (type === CertificateType.rawPublicKey && rawPublicKey !== undefined) return { type, publicKey: rawPublicKey };
  }
  return undefined;
}

/** The types of an extension that are built. RFC 7250 §4.1: without the extension it is X.509. */
function typesOf(offered: readonly number[] = [CertificateType.x509]): readonly CertificateMessage['type'][] {
  return offered.filter((type) => type === CertificateType.x509 || type === CertificateType.rawPublicKey);
}

function suiteList(suites: readonly number[]): string {
  const shown = suites.slice(0, SUITES_IN_ERROR).map((id) => `0x${id.toString(16).padStart(4, '0')}`);
  return shown.join(' ') + (suites.length > shown.length ? ` and ${suites.length - shown.length} more` : '');
}
