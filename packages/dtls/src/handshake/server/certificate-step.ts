import { verify } from '../../crypto/signature.ts';
import { DtlsError, handshakeError } from '../../errors.ts';
import { CertificateType, decodeCertificate } from '../../messages/certificate.ts';
import { decodeCertificateVerify } from '../../messages/certificate-verify.ts';
import { SIGNATURE_SCHEMES } from '../../named-groups.ts';
import { connectionSecrets } from '../connection-secrets.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { PeerVerdict, Step } from '../machine.ts';
import { transcriptBytes } from '../transcript.ts';
import type { ServerState, ServerStateOf } from './server-state.ts';
import { received, underway } from './underway.ts';

/** Certificate of the client: asks for a verdict and waits for it (RFC 5246 §7.4.6, RFC 7250 §4.2). */
export function onCertificate(state: ServerStateOf<'awaitCertificate'>, message: HandshakeMessage): Step<ServerState> {
  const { clientCertificateType, serverName } = state.negotiation;
  const certificate = decodeCertificate(message.body, clientCertificateType ?? CertificateType.x509);
  if (certificate.type === CertificateType.x509 && certificate.chain.length === 0) {
    throw new DtlsError('ERR_DTLS_AUTHENTICATION', 'the client shows no certificate', { alert: 'handshake_failure' });
  }
  return {
    state: { ...received(state, message), kind: 'awaitPeer', ephemeral: state.ephemeral },
    outputs: [{ kind: 'needPeer', certificate, serverName }],
  };
}

/** The verdict about the certificate: a claim until the client proves to have its key. */
export function onPeer(state: ServerStateOf<'awaitPeer'>, verdict: PeerVerdict): Step<ServerState> {
  if (!verdict.trusted) throw new DtlsError('ERR_DTLS_AUTHENTICATION', verdict.reason, { alert: verdict.alert });
  const { identity, publicKey } = verdict;
  const { ephemeral } = state;
  return {
    state: { ...underway(state), kind: 'awaitClientKeyExchange', ephemeral, claimed: { identity, publicKey } },
    outputs: [],
  };
}

/** CertificateVerify: the client has the key of its certificate if its signature covers all messages before it (RFC 5246 §7.4.8). */
export function onCertificateVerify(
  state: ServerStateOf<'awaitCertificateVerify'>,
  message: HandshakeMessage,
): Step<ServerState> {
  const { scheme, signature } = decodeCertificateVerify(message.body);
  if (!SIGNATURE_SCHEMES.some(({ id }) => id === scheme)) {
    throw handshakeError('illegal_parameter', 'the client signed with a scheme that was not asked for');
  }
  const { claimed, masterSecret } = state;
  if (!verify(claimed.publicKey, scheme, transcriptBytes(state.transcript), signature)) {
    throw new DtlsError('ERR_DTLS_AUTHENTICATION', 'the client did not sign with the key of its certificate', {
      alert: 'decrypt_error',
    });
  }
  return {
    state: {
      ...received(state, message),
      kind: 'awaitChangeCipherSpec',
      secrets: connectionSecrets(state.negotiation, masterSecret),
      identity: claimed.identity,
      resumed: 'no',
    },
    outputs: [],
  };
}
