import { DtlsError, handshakeError } from '../errors.ts';
import { HandshakeType } from './handshake-message.ts';
import type { HandshakeInput } from './machine.ts';

const typeNames = new Map<number, string>(Object.entries(HandshakeType).map(([name, type]) => [type, name]));

/** The error of an input that a state does not take (RFC 5246 §7.2.2). `stateKind` names the state. */
export function unexpectedInput(stateKind: string, input: HandshakeInput): DtlsError {
  const what =
    input.kind === 'message'
      ? `${typeNames.get(input.message.type) ?? `message type ${input.message.type}`} in epoch ${input.epoch}`
      : input.kind;
  return handshakeError('unexpected_message', `${stateKind}: ${what} is not what comes next`);
}

/** The error that a handshake ends with for what a step has thrown: what is no `DtlsError` is a fault of ours, or of a hook. */
export function stepError(thrown: unknown): DtlsError {
  if (thrown instanceof DtlsError) return thrown;
  return new DtlsError('ERR_DTLS_HANDSHAKE', 'the handshake ended with an internal error', {
    alert: 'internal_error',
    cause: thrown,
  });
}
