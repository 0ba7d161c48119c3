import type { CertificateMessage } from '../messages/certificate.ts';
import type { PeerVerdict } from '../handshake/machine.ts';

/** Decides about the certificate or raw public key that a peer shows. Never throws or rejects: an error in a hook is a refusal. */
export type PeerVerifier = (
  certificate: CertificateMessage,
  serverName: string | undefined,
) => PeerVerdict | Promise<PeerVerdict>;
