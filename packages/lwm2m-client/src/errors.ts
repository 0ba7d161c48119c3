/** What each error code means. */
export const Lwm2mClientErrorCodes = {
  ERR_LWM2M_CLIENT_REFUSED: 'the server refused the registration, or what was sent',
  ERR_LWM2M_CLIENT_STOPPED: 'the client is stopped',
  ERR_LWM2M_CLIENT_STATE: 'the call does not fit the state of the client',
  ERR_LWM2M_CLIENT_BOOTSTRAP: 'the bootstrap server did not answer, refused, or did not finish',
  ERR_LWM2M_CLIENT_ACCOUNT: 'an account can not be used, or there is none',
  ERR_LWM2M_CLIENT_MUTED: 'the server wants nothing to be sent (/1/x/23)',
} as const;
export type Lwm2mClientErrorCode = keyof typeof Lwm2mClientErrorCodes;

/** A failure of the device side. `responseCode` is the CoAP code of a refusal. */
export class Lwm2mClientError extends Error {
  override readonly name: string = 'Lwm2mClientError';
  readonly code: Lwm2mClientErrorCode;
  readonly responseCode: number | undefined;

  constructor(
    code: Lwm2mClientErrorCode,
    message: string,
    options?: { readonly responseCode?: number; readonly cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.responseCode = options?.responseCode;
  }
}

/**
 * What a server asks for is refused with a CoAP code of class 4 or 5, such as `Code.METHOD_NOT_ALLOWED`. Thrown by handlers; the
 * message goes to the server as a diagnostic payload.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}
