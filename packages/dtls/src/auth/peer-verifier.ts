import type { Clock, PeerIdentity } from '@flownexus/datagram';
import type { AlertName } from '../alert.ts';
import type { CertificateDecision, RawPublicKeyTrust, X509Trust } from '../api.ts';
import type { Role } from '../crypto/traffic-keys.ts';
import { DtlsError } from '../errors.ts';
import type { PeerVerdict } from '../handshake/machine.ts';
import { isPromise } from '../is-promise.ts';
import { CertificateType } from '../messages/certificate.ts';
import { parseCertificate } from './certificate.ts';
import { checkPath } from './certificate-path.ts';
import { commonNameOf } from './certificate-fields.ts';
import { currentAnchors } from './current-anchors.ts';
import { loadPublicKey } from './ec-public-key.ts';
import { isCertificateOf } from './server-host.ts';
import type { PeerVerifier } from './verifier.ts';

/** What a verifier trusts. */
export interface PeerVerifierOptions {
  /** Without it every certificate is refused. */
  readonly x509?: X509Trust | undefined;
  /** Without it every raw public key is refused. */
  readonly rawPublicKey?: RawPublicKeyTrust | undefined;
  /** Of the peers. A server's certificate has to carry the name or address that it is asked for by, a client's needs no name. */
  readonly role: Role;
  /** Its `wallTime` decides whether a certificate is valid. */
  readonly clock: Clock;
  /** Told of roots of a function that can't be used. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Decides about certificates and raw public keys of peers (RFC 5280 §6, RFC 7250). It answers at once where the hooks do. Roots are parsed here
 * and now, and again only when they are others.
 *
 * @throws DtlsError `ERR_DTLS_CREDENTIAL` when a root can't be used
 */
export function peerVerifier(options: PeerVerifierOptions): PeerVerifier {
  const { x509, rawPublicKey } = options;
  const verifyChain = x509 === undefined ? undefined : chainVerifier(x509, options);
  return (certificate, serverName) => {
    try {
      if (certificate.type === CertificateType.x509) {
        return (
          verifyChain?.(certificate.chain, serverName) ??
          refused('unsupported_certificate', 'certificates are not accepted')
        );
      }
      if (rawPublicKey === undefined) return refused('unsupported_certificate', 'raw public keys are not accepted');
      return verifyKey(certificate.publicKey, rawPublicKey);
    } catch (error) {
      return refusedBy(error);
    }
  };
}

/** The names that a server tells its clients it trusts at present (RFC 5246 §7.4.4), DER. Throws like `peerVerifier`. */
export function authorityNames(x509: X509Trust | undefined): () => readonly Uint8Array[] {
  if (x509 === undefined) return () => [];
  // What can't be used the verifier tells.
  const anchors = currentAnchors(x509.roots);
  return () => anchors().names;
}

/** Whether a server that is known is the one at a host as well. Keys are the same for all servers of a client; a certificate has to carry the host. */
export function hostCheck(x509: X509Trust | undefined): (identity: PeerIdentity, host: string) => boolean {
  const anchors = currentAnchors(x509?.roots ?? []);
  return (identity, host) => {
    if (identity.kind !== 'x509') return true;
    const certificate = parseCertificate(identity.certificate);
    return isCertificateOf(certificate.x509, host, anchors().has(certificate));
  };
}

type Verdict = PeerVerdict | Promise<PeerVerdict>;

function chainVerifier(
  { roots, accept }: X509Trust,
  { role, clock, onError }: PeerVerifierOptions,
): (chain: readonly Uint8Array[], serverName: string | undefined) => Verdict {
  const anchors = currentAnchors(roots, onError);
  return (chain, serverName) => {
    const path = checkPath(chain, { anchors: anchors(), role, wallTime: clock.wallTime(), serverName });
    const [own] = path;
    const commonName = commonNameOf(own.subject);
    const trusted: PeerVerdict = {
      trusted: true,
      // A copy: the bytes are part of the message that brought them, which must not live as long as the association.
      identity: { kind: 'x509', certificate: new Uint8Array(own.der), commonName },
      publicKey: own.key,
    };
    if (accept === undefined) return trusted;
    return whenDecided(
      accept(
        path.map(({ der }) => new Uint8Array(der)),
        commonName,
      ),
      (decision) => verdictOf(decision, trusted),
    );
  };
}

function verdictOf(decision: CertificateDecision, trusted: PeerVerdict): PeerVerdict {
  if (decision === true) return trusted;
  if (decision === false) return refused('certificate_revoked', 'the certificate is not accepted');
  return refused(decision.alert, decision.reason);
}

function verifyKey(publicKey: Uint8Array, isKnown: RawPublicKeyTrust): Verdict {
  const key = loadPublicKey(publicKey);
  const bytes = new Uint8Array(publicKey);
  const trusted: PeerVerdict = { trusted: true, identity: { kind: 'rpk', publicKey: bytes }, publicKey: key };
  return whenDecided<unknown>(isKnown(bytes), (known) =>
    // Nothing but true is a yes: what a hook gives against its type must not let anybody in.
    known === true ? trusted : refused('certificate_unknown', 'the raw public key is not known'),
  );
}

/** Decides at once when the hook has, so that no turn of the event loop is lost. What has `then` is no answer yet, whoever has made it. */
function whenDecided<T>(answer: T | Promise<T>, decide: (answer: T) => PeerVerdict): Verdict {
  return isPromise(answer) ? Promise.resolve(answer).then(decide).catch(refusedBy) : decide(answer);
}

function refused(alert: AlertName, reason: string): PeerVerdict {
  return { trusted: false, alert, reason };
}

/** A `DtlsError` is our own word about the certificate; anything else a hook has thrown: no answer about the peer, so it is none of its faults. */
function refusedBy(error: unknown): PeerVerdict {
  if (error instanceof DtlsError && error.alert !== undefined) return refused(error.alert, error.message);
  const message = error instanceof Error ? error.message : String(error);
  return refused('internal_error', `the decision about the certificate failed: ${message}`);
}
