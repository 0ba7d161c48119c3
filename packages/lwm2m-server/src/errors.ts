/** What each error code means. */
export const Lwm2mServerErrorCodes = {
  ERR_LWM2M_SERVER_NOT_REGISTERED: 'no endpoint of that name is registered',
  ERR_LWM2M_SERVER_REGISTRATION_ENDED: 'the registration ended or was replaced while the operation or observation ran',
  ERR_LWM2M_SERVER_REJECTED: 'the device answered with an error code (`OperationRejectedError`)',
  ERR_LWM2M_SERVER_ASLEEP: 'the device is asleep, and the caller does not wait',
  ERR_LWM2M_SERVER_TIMEOUT: 'the device did not answer in time',
  ERR_LWM2M_SERVER_ABORTED: 'the caller aborted',
  ERR_LWM2M_SERVER_EXCHANGE: 'the CoAP exchange failed otherwise: see `cause`',
  ERR_LWM2M_SERVER_PAYLOAD: 'the payload of an answer or notification does not decode: see `cause`',
  ERR_LWM2M_SERVER_RESPONSE: 'the device answered with a success code that does not fit the operation',
  ERR_LWM2M_SERVER_NOT_OBSERVED: 'the device answered an Observe with a value, but does not observe',
  ERR_LWM2M_SERVER_ATTRIBUTES:
    'the device did not take the attributes of an observation, and is observed without: see `cause`',
  ERR_LWM2M_SERVER_ABANDONED:
    'a notification in blocks was lost, since its rest could not be fetched; the observation goes on: see `cause`',
  ERR_LWM2M_SERVER_NO_ACCOUNT:
    'the device has no instance of the Server Object (/1) of that Short Server ID, or several and nobody said which',
  ERR_LWM2M_SERVER_IDENTITY_TAKEN: 'another endpoint has the identity of that credential',
  ERR_LWM2M_SERVER_REGISTRATION: 'a text is no registration',
  ERR_LWM2M_SERVER_UNKNOWN_OPERATION: 'the durable queue has no operation of that id',
  ERR_LWM2M_SERVER_PACKAGE:
    'there is no firmware package of that id, or it is empty, can not be read, or is too large to be pushed',
  ERR_LWM2M_SERVER_UPDATE_ACTIVE: 'the endpoint has a firmware update that is not finished',
  ERR_LWM2M_SERVER_FAILED: 'an operation of the durable queue failed: its failure is the `cause`',
  ERR_LWM2M_SERVER_OPERATION: 'a text is no operation, or no result of one',
  ERR_LWM2M_SERVER_BOOTSTRAP: 'a text, or what JSON has, is no bootstrap configuration',
  ERR_LWM2M_SERVER_LIMIT: 'a bound of limits.ts is reached',
  ERR_LWM2M_SERVER_STORE: 'a store can not be opened, or does not take what it is given: see `cause`',
  ERR_LWM2M_SERVER_STATE: 'the server is not in the state that the call needs',
} as const;
export type Lwm2mServerErrorCode = keyof typeof Lwm2mServerErrorCodes;

/** Any failure of this package that is not the caller's misuse. */
export class Lwm2mServerError extends Error {
  override readonly name: string = 'Lwm2mServerError';
  readonly code: Lwm2mServerErrorCode;

  constructor(code: Lwm2mServerErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** The device answered with 4.xx or 5.xx. */
export class OperationRejectedError extends Lwm2mServerError {
  override readonly name: string = 'OperationRejectedError';
  /** The code as text: `4.05`. */
  readonly responseCode: string;
  /** The diagnostic payload (RFC 7252 §5.5.2), when the device sent one. */
  readonly diagnostic: string | undefined;

  constructor(responseCode: string, diagnostic: string | undefined) {
    super(
      'ERR_LWM2M_SERVER_REJECTED',
      diagnostic === undefined
        ? `the device answered ${responseCode}`
        : `the device answered ${responseCode}: ${diagnostic}`,
    );
    this.responseCode = responseCode;
    this.diagnostic = diagnostic;
  }
}
