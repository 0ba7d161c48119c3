import { ANONYMOUS, type PeerIdentity } from '@flownexus/datagram';
import type { EphemeralKey } from '../../crypto/ecdhe.ts';
import { pskPremaster } from '../../crypto/key-schedule.ts';
import { DtlsError, formatError } from '../../errors.ts';
import { MAX_PSK_LENGTH } from '../../limits.ts';
import { decodeClientKeyExchange } from '../../messages/client-key-exchange.ts';
import { connectionSecrets, handshakeMasterSecret } from '../connection-secrets.ts';
import type { ServerContext } from '../contexts.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { pskIdentityText } from '../psk-identity.ts';
import type { ServerState, ServerStateOf, Underway } from './server-state.ts';
import { received, underway } from './underway.ts';

/** As long as the premaster of TLS; longer than any key that could be guessed. */
const STAND_IN_KEY_LENGTH = 32;

/** ClientKeyExchange (RFC 4279 §2, RFC 5489 §2, RFC 8422 §5.7): asks for the pre-shared key, or has all for the master secret. */
export function onClientKeyExchange(
  context: ServerContext,
  state: ServerStateOf<'awaitClientKeyExchange'>,
  message: HandshakeMessage,
): Step<ServerState> {
  const { pskIdentity, point } = decodeClientKeyExchange(message.body, state.negotiation.suite.keyExchange);
  const ecdhSecret = agree(state.ephemeral, point);
  const next = received(state, message);
  if (pskIdentity !== undefined) return askForPsk(context, next, pskIdentity, ecdhSecret);
  if (ecdhSecret === undefined) throw formatError('a ClientKeyExchange without a point');
  const { claimed } = state;
  const masterSecret = handshakeMasterSecret(next.negotiation, ecdhSecret, next.transcript);
  if (claimed === undefined) return { state: closing(next, masterSecret, ANONYMOUS), outputs: [] };
  return { state: { ...next, kind: 'awaitCertificateVerify', masterSecret, claimed }, outputs: [] };
}

/** The answer to `needPsk`. A key of a length that is not allowed counts as none. */
export function onPsk(
  context: ServerContext,
  state: ServerStateOf<'awaitPsk'>,
  key: Uint8Array | undefined,
): Step<ServerState> {
  const isKey = key !== undefined && key.length > 0 && key.length <= MAX_PSK_LENGTH;
  return isKey
    ? withPsk(underway(state), key, state.identity, state.ecdhSecret)
    : withoutPsk(context, underway(state), state.ecdhSecret);
}

function askForPsk(
  context: ServerContext,
  state: Underway,
  identity: Uint8Array,
  ecdhSecret: Uint8Array | undefined,
): Step<ServerState> {
  const text = pskIdentityText(identity);
  if (text === undefined) return withoutPsk(context, state, ecdhSecret);
  return {
    state: { ...state, kind: 'awaitPsk', identity: { kind: 'psk', identity: text }, ecdhSecret },
    outputs: [{ kind: 'needPsk', identity, hint: context.pskIdentityHint }],
  };
}

/**
 * An identity that is not known. With a random key the handshake goes on and fails as with a wrong key, so that nobody learns which identities
 * there are (RFC 4279 §2); even a client that knew it would not get through.
 */
function withoutPsk(context: ServerContext, state: Underway, ecdhSecret: Uint8Array | undefined): Step<ServerState> {
  if (!context.hideUnknownIdentities) {
    throw new DtlsError('ERR_DTLS_AUTHENTICATION', 'the PSK identity is not known', { alert: 'unknown_psk_identity' });
  }
  return withPsk(state, context.random.bytes(STAND_IN_KEY_LENGTH), undefined, ecdhSecret);
}

function withPsk(
  state: Underway,
  key: Uint8Array,
  identity: PeerIdentity | undefined,
  ecdhSecret: Uint8Array | undefined,
): Step<ServerState> {
  const masterSecret = handshakeMasterSecret(state.negotiation, pskPremaster(key, ecdhSecret), state.transcript);
  return { state: closing(state, masterSecret, identity), outputs: [] };
}

function closing(state: Underway, masterSecret: Uint8Array, identity: PeerIdentity | undefined): ServerState {
  const secrets = connectionSecrets(state.negotiation, masterSecret);
  return { ...state, kind: 'awaitChangeCipherSpec', secrets, identity, resumed: 'no' };
}

function agree(ephemeral: EphemeralKey | undefined, point: Uint8Array | undefined): Uint8Array | undefined {
  return ephemeral === undefined || point === undefined ? undefined : ephemeral.agree(point);
}
