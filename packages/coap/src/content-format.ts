/** The Content-Formats of CoAP itself (RFC 7252 §12.3, RFC 8132 §6, RFC 8949 §9.4). Those of LwM2M are in `@flownexus/lwm2m-core`. */
export const ContentFormat = {
  /** text/plain; charset=utf-8 */ TEXT_PLAIN: 0,
  /** application/link-format */ LINK_FORMAT: 40,
  /** application/xml */ XML: 41,
  /** application/octet-stream */ OCTET_STREAM: 42,
  /** application/exi */ EXI: 47,
  /** application/json */ JSON: 50,
  /** application/cbor */ CBOR: 60,
} as const;
