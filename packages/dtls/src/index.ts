export { Alert } from './alert.ts';
export type { AlertName } from './alert.ts';
export type {
  AssociationStore,
  CertificateDecision,
  DtlsClientOptions,
  DtlsServerOptions,
  DtlsStatistics,
  DtlsTransportOptions,
  HandshakeFailure,
  PskLookup,
  RawPublicKeyTrust,
  StoredAssociation,
  X509Roots,
  X509Trust,
} from './api.ts';
export { loadCredential } from './auth/credential.ts';
export type { CredentialSource } from './auth/credential.ts';
export { CIPHER_SUITES } from './cipher-suites.ts';
export type { CipherSuite, KeyExchange, RecordCipher } from './cipher-suites.ts';
export { DtlsError, DtlsErrorCodes } from './errors.ts';
export type { DtlsErrorCode } from './errors.ts';
export type { OwnCredential, ResumableSession } from './handshake/machine.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { DtlsLimits } from './limits.ts';
export { dtlsTransport } from './transport/dtls-transport.ts';
export type { DtlsTransport } from './transport/dtls-transport.ts';
