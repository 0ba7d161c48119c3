import { handshakeError } from '../../errors.ts';
import { decodeClientHello } from '../../messages/client-hello.ts';
import type { ClientHello } from '../../messages/hello.ts';
import { DTLS_1_2 } from '../../records/record.ts';
import type { ServerContext } from '../contexts.ts';
import type { HandshakeMessage } from '../handshake-message.ts';
import type { Step } from '../machine.ts';
import { resumeSession } from './abbreviated-flight.ts';
import { beginFullHandshake } from './full-flight.ts';
import type { ServerState } from './server-state.ts';
import { sessionToResume } from './session-to-resume.ts';

/** ClientHello (RFC 5246 §7.4.1.2): begins a full handshake, or an abbreviated one for a session that is known. */
export function onClientHello(context: ServerContext, message: HandshakeMessage): Step<ServerState> {
  const hello = decodeClientHello(message.body);
  checkHello(context, hello);
  const found = sessionToResume(context, hello);
  return found === undefined
    ? beginFullHandshake(context, hello, message)
    : resumeSession(context, hello, message, found);
}

function checkHello(context: ServerContext, { version, extensions }: ClientHello): void {
  // RFC 6347 §4.1: the numbers of later versions are smaller. A client of a later version takes 1.2 or says so itself.
  if (version > DTLS_1_2) {
    throw handshakeError('protocol_version', `the client speaks version 0x${version.toString(16)} at most`);
  }
  // RFC 5746 §3.6
  if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0) {
    throw handshakeError('handshake_failure', 'the client takes the first handshake for a renegotiation');
  }
  if (context.requireExtendedMasterSecret && !extensions.extendedMasterSecret) {
    throw handshakeError('handshake_failure', 'the client does not know the extended master secret');
  }
}
