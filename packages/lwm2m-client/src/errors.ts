/** What each error code means. */
export const Lwm2mClientErrorCodes = {
  ERR_LWM2M_CLIENT_REFUSED: 'the server refused the registration',
  ERR_LWM2M_CLIENT_STOPPED: 'the client is stopped',
  ERR_LWM2M_CLIENT_STATE: 'the call does not fit the state of the client',
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
