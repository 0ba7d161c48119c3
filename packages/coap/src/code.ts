/**
 * Method and response codes as one byte, class in the upper three bits and detail in the lower five: 2.05 is 69
 * (RFC 7252 §12.1, RFC 7959 §6, RFC 8132 §6, RFC 8516 §6, RFC 8768 §6).
 */
export const Code = {
  /** 0.00 */ EMPTY: 0,

  /** 0.01 */ GET: 1,
  /** 0.02 */ POST: 2,
  /** 0.03 */ PUT: 3,
  /** 0.04 */ DELETE: 4,
  /** 0.05 */ FETCH: 5,
  /** 0.06 */ PATCH: 6,
  /** 0.07 */ IPATCH: 7,

  /** 2.01 */ CREATED: 65,
  /** 2.02 */ DELETED: 66,
  /** 2.03 */ VALID: 67,
  /** 2.04 */ CHANGED: 68,
  /** 2.05 */ CONTENT: 69,
  /** 2.31 */ CONTINUE: 95,

  /** 4.00 */ BAD_REQUEST: 128,
  /** 4.01 */ UNAUTHORIZED: 129,
  /** 4.02 */ BAD_OPTION: 130,
  /** 4.03 */ FORBIDDEN: 131,
  /** 4.04 */ NOT_FOUND: 132,
  /** 4.05 */ METHOD_NOT_ALLOWED: 133,
  /** 4.06 */ NOT_ACCEPTABLE: 134,
  /** 4.08 */ REQUEST_ENTITY_INCOMPLETE: 136,
  /** 4.09 */ CONFLICT: 137,
  /** 4.12 */ PRECONDITION_FAILED: 140,
  /** 4.13 */ REQUEST_ENTITY_TOO_LARGE: 141,
  /** 4.15 */ UNSUPPORTED_CONTENT_FORMAT: 143,
  /** 4.22 */ UNPROCESSABLE_ENTITY: 150,
  /** 4.29 */ TOO_MANY_REQUESTS: 157,

  /** 5.00 */ INTERNAL_SERVER_ERROR: 160,
  /** 5.01 */ NOT_IMPLEMENTED: 161,
  /** 5.02 */ BAD_GATEWAY: 162,
  /** 5.03 */ SERVICE_UNAVAILABLE: 163,
  /** 5.04 */ GATEWAY_TIMEOUT: 164,
  /** 5.05 */ PROXYING_NOT_SUPPORTED: 165,
  /** 5.08 */ HOP_LIMIT_REACHED: 168,
} as const;

/** The class of a code: 0 request, 2 success, 4 client error, 5 server error (RFC 7252 §3). */
export function codeClass(code: number): number {
  return code >>> 5;
}

/** Whether a code is a method. The Empty code is none. */
export function isRequest(code: number): boolean {
  return code > Code.EMPTY && codeClass(code) === 0;
}

/** Whether a code is a response code (classes 2 to 5). */
export function isResponse(code: number): boolean {
  const digit = codeClass(code);
  return digit >= 2 && digit <= 5;
}

/** Whether a code is a success response (class 2). */
export function isSuccess(code: number): boolean {
  return codeClass(code) === 2;
}

/** Whether a code is an error response (classes 4 and 5). */
export function isError(code: number): boolean {
  const digit = codeClass(code);
  return digit === 4 || digit === 5;
}

/** A code as the RFCs write it: 69 gives `2.05`. Throws `RangeError` unless it is one byte. */
export function formatCode(code: number): string {
  if (!Number.isInteger(code) || code < 0 || code > 255)
    throw new RangeError(`a code is an integer of 0 to 255, not ${code}`);
  return `${codeClass(code)}.${String(code & 0x1f).padStart(2, '0')}`;
}

/** The byte of a code in the form `c.dd`: `2.05` gives 69. Throws `RangeError` for anything else. */
export function parseCode(text: string): number {
  const match = /^([0-7])\.([0-2][0-9]|3[01])$/.exec(text);
  if (match === null) throw new RangeError('a code has the form c.dd, with c 0 to 7 and dd 00 to 31');
  return (Number(match[1]) << 5) | Number(match[2]);
}
