import { CoapError } from '@flownexus/coap';
import type { OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError, OperationRejectedError, type Lwm2mServerErrorCode } from '../errors.ts';

/** What the failure of one attempt says about the device and the operation. */
export interface AttemptFailure {
  /**
   * - `refused`: the device answered 4.xx, or with something that is no success of the operation
   * - `unable`: it can't at present: 5.xx, 4.29, a Reset
   * - `payload`: it answered, and the answer does not decode
   * - `unread`: it answered, and the answer, in blocks, could not be taken
   * - `unanswered`: nothing came; nobody knows whether the request did
   * - `unsent`: nothing has left
   * - `aborted`: by the caller, or since the endpoint is closed
   * - `invalid`: it has no form
   */
  readonly kind: 'refused' | 'unable' | 'payload' | 'unread' | 'unanswered' | 'unsent' | 'aborted' | 'invalid';
  readonly message: string;
  /** `4.05`, when the device answered with an error code. */
  readonly responseCode?: string;
}

const KINDS: Readonly<Partial<Record<Lwm2mServerErrorCode, AttemptFailure['kind']>>> = {
  ERR_LWM2M_SERVER_NOT_REGISTERED: 'unsent',
  // The device became another peer: an answer would have gone to the old one.
  ERR_LWM2M_SERVER_REGISTRATION_ENDED: 'unanswered',
  ERR_LWM2M_SERVER_REJECTED: 'refused',
  ERR_LWM2M_SERVER_ASLEEP: 'unsent',
  ERR_LWM2M_SERVER_TIMEOUT: 'unanswered',
  ERR_LWM2M_SERVER_ABORTED: 'aborted',
  ERR_LWM2M_SERVER_PAYLOAD: 'payload',
  ERR_LWM2M_SERVER_RESPONSE: 'refused',
  ERR_LWM2M_SERVER_NOT_OBSERVED: 'refused',
  ERR_LWM2M_SERVER_ATTRIBUTES: 'refused',
  ERR_LWM2M_SERVER_ABANDONED: 'payload',
  ERR_LWM2M_SERVER_LIMIT: 'unsent',
  ERR_LWM2M_SERVER_STORE: 'unable', // of an Observe that the server could not keep
  ERR_LWM2M_SERVER_STATE: 'aborted',
};

const EXCHANGE_KINDS: Readonly<Partial<Record<string, AttemptFailure['kind']>>> = {
  ERR_COAP_TIMEOUT: 'unanswered',
  ERR_COAP_RESET: 'unable',
  ERR_COAP_ABORTED: 'aborted',
  ERR_COAP_PEER_CLOSED: 'unanswered',
  ERR_COAP_CLOSED: 'aborted',
  ERR_COAP_LIMIT: 'unsent',
  ERR_COAP_BLOCK: 'unread',
  ERR_COAP_OPTION: 'refused',
};

/** Sorts what an operation rejected with. What is no failure of an exchange has no form on the wire (`RangeError`, `TypeError`, `Lwm2mError`). */
export function attemptFailureOf(error: unknown): AttemptFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof OperationRejectedError) return ofResponseCode(error.responseCode, message);
  if (!(error instanceof Lwm2mServerError)) return { kind: 'invalid', message };
  if (error.code !== 'ERR_LWM2M_SERVER_EXCHANGE') return { kind: KINDS[error.code] ?? 'invalid', message };
  const { cause } = error;
  if (!(cause instanceof CoapError)) return { kind: 'unable', message };
  // With a response code it is the answer that was too much, and the request has left.
  const kind =
    cause.code === 'ERR_COAP_LIMIT' && cause.responseCode !== undefined ? 'unread' : EXCHANGE_KINDS[cause.code];
  return { kind: kind ?? 'unable', message };
}

/** The failure that an answer is in spite of having come as a result, as those to a `request` do; undefined for a success. */
export function failureOfResult({ responseCode }: OperationResult): AttemptFailure | undefined {
  return /^[45]/.test(responseCode) ? ofResponseCode(responseCode, `the device answered ${responseCode}`) : undefined;
}

function ofResponseCode(responseCode: string, message: string): AttemptFailure {
  // RFC 8516: 4.29 asks for a later request, as 5.03 does.
  const unable = responseCode.startsWith('5.') || responseCode === '4.29';
  return { kind: unable ? 'unable' : 'refused', message, responseCode };
}

/** Whether a failed operation shows that the device is there (true) or is not (false); undefined when it shows neither. */
export function showsPresence({ kind }: AttemptFailure): boolean | undefined {
  if (kind === 'unanswered') return false;
  return kind === 'refused' || kind === 'unable' || kind === 'payload' || kind === 'unread' ? true : undefined;
}
