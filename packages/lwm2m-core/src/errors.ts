/** What each error code means. */
export const Lwm2mErrorCodes = {
  ERR_LWM2M_DECODE: 'a payload does not decode in its Content-Format',
  ERR_LWM2M_ENCODE: 'a node can not be encoded in that Content-Format',
  ERR_LWM2M_CONTENT_FORMAT: 'the Content-Format is not one of LwM2M',
  ERR_LWM2M_PATH: 'a path is malformed',
  ERR_LWM2M_LINK_FORMAT: 'a link-format document is malformed',
  ERR_LWM2M_DEFINITION: 'an object definition is malformed',
} as const;
export type Lwm2mErrorCode = keyof typeof Lwm2mErrorCodes;

/** A failure of the LwM2M data layer: text or bytes that are not what they should be. Never echoes payloads. */
export class Lwm2mError extends Error {
  override readonly name: string = 'Lwm2mError';
  readonly code: Lwm2mErrorCode;

  constructor(code: Lwm2mErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
