/** A Confirmable GET of the root, without a token (RFC 7252 §3). */
export const getRequest: Uint8Array = Uint8Array.of(0x40, 0x01, 0x12, 0x34);

/** Answers a Confirmable request with 2.05 and a text, in the ACK. Anything else gets no answer. */
export function answerGet(request: Uint8Array, text: string): Uint8Array | undefined {
  const [first = 0, code = 0, high = 0, low = 0] = request;
  if (first >> 4 !== 0x4 || code !== 0x01) return undefined;
  const token = request.subarray(4, 4 + (first & 0x0f));
  return new Uint8Array([0x60 | token.length, 0x45, high, low, ...token, 0xff, ...Buffer.from(text)]);
}
