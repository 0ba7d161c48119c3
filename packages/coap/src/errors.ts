/** What each error code means. */
export const CoapErrorCodes = {
  ERR_COAP_FORMAT: 'a message breaks the format of RFC 7252 §3',
  ERR_COAP_TIMEOUT: 'no answer came in time',
  ERR_COAP_RESET: 'the peer answered with a Reset',
  ERR_COAP_ABORTED: 'the caller aborted',
  ERR_COAP_PEER_CLOSED: 'the association with the peer ended',
  ERR_COAP_CLOSED: 'the endpoint is closed',
  ERR_COAP_LIMIT: 'a bound of limits.ts is reached',
  ERR_COAP_BLOCK: 'a block-wise transfer failed (RFC 7959)',
  ERR_COAP_OPTION: 'a critical option is unknown or malformed (RFC 7252 §5.4.1)',
  ERR_COAP_LINK_FORMAT: 'text breaks the link format of RFC 6690, or is over its bounds',
  ERR_COAP_URI: 'a text is no coap or coaps URI that can be asked (RFC 7252 §6)',
  ERR_COAP_RESPONSE: 'a request handler answers with an error response',
} as const;
export type CoapErrorCode = keyof typeof CoapErrorCodes;

/** Any failure of the CoAP layer. `responseCode` is the wire form, for errors that have one. */
export class CoapError extends Error {
  override readonly name: string = 'CoapError';
  readonly code: CoapErrorCode;
  readonly responseCode: number | undefined;

  constructor(
    code: CoapErrorCode,
    message: string,
    options?: { readonly responseCode?: number; readonly cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.responseCode = options?.responseCode;
  }
}
